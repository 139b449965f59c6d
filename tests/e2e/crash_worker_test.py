"""kill -9 of worker processes under load, and a function that crashes by itself: outputs stay exactly one per record and
in order, every failed attempt is counted, and no worker outlives the runtime.

Records whose number is a multiple of CRASH_ONCE make the first attempt at their batch end the worker (each time in another
way), those of CRASH_TWICE the first two. SHARDMILL_KILLS sets how many kills, SHARDMILL_SEED repeats a run.
"""

import os
import random
import signal
import time

from support import oracle, relay
from support.ledger import Ledger, name_of
from support.load import Load
from support.processes import describe, marked
from support.shardmill import Server, sanitized, seed, wait_for

KILLS = int(os.environ.get("SHARDMILL_KILLS", "60" if sanitized() else "210"))
CRASH_ONCE, CRASH_TWICE = 151, 389


def kill_one(server, rng):
    """SIGKILL to any process below the runtime. 1 if one was hit."""
    below = server.children()
    if not below:
        return 0
    try:
        os.kill(rng.choice(below), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def planned_failures(data):
    """How many attempts at the batch of this record fail because of it."""
    number = int(name_of(data).rpartition(".")[2])
    if number and number % CRASH_TWICE == 0:
        return 2
    return 1 if number and number % CRASH_ONCE == 0 else 0


def check_attempts(outputs):
    """Each output of a record that fails attempts on purpose tells a later attempt."""
    for shard, records in outputs.items():
        for record in records:
            _, attempt, data = oracle.parse_output(record.data)
            if attempt <= planned_failures(data):
                yield f"output {shard} {record.position}: attempt {attempt}, after {planned_failures(data)} that failed"


def main():
    rng = random.Random(seed())
    ledger = Ledger()
    environment = {"CRASH_ONCE": str(CRASH_ONCE), "CRASH_TWICE": str(CRASH_TWICE), "HOLD_MS": "10"}
    with Server() as server:
        mark = server.root.name
        relay.set_up(server, shards=8, environment=environment, Workers=4)
        load = Load(ledger, "in", producers=2, rng=rng, pause=0.04, largest_batch=8)
        load.attach(server)
        # Not before: a first worker that is killed while it starts costs ten seconds until the next.
        wait_for("the function and a worker", lambda: "is live" in server.log() and server.children())
        assert marked(mark), "the marker finds the runtime and its workers"
        kills = 0
        while kills < KILLS:
            kills += kill_one(server, rng)
            time.sleep(rng.uniform(0, 0.15))
        load.stop()
        runtime = server.pid
        inputs, outputs, findings = relay.judge(server, ledger)
        assert runtime != server.pid
        findings += check_attempts(outputs)
        repeated = sum(oracle.parse_output(r.data)[1] > 1 for records in outputs.values() for r in records)
        crashes = sum(planned_failures(r.data) for records in inputs.values() for r in records)
        assert server.stop() == 0
        wait_for("the last worker's end", lambda: not marked(mark), seconds=5)
        assert not (left := marked(mark)), f"left behind: {describe(left)}"

    print(f"records: {ledger.acked_count()} acknowledged, {repeated} outputs of repeated attempts, {crashes} planned crashes")
    assert repeated, "no kill hit an invocation: nothing was shown"
    relay.report(findings, kills + crashes, "kills and crashes")


if __name__ == "__main__":
    main()
