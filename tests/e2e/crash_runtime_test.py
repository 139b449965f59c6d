"""kill -9 of the runtime under load, again and again on the same data: nothing acknowledged is lost, no order is broken,
each record has exactly one output.

SHARDMILL_KILLS sets how many kills, SHARDMILL_SEED repeats a run.
"""

import os
import random
import signal
import statistics
import time
from collections import Counter

from support import relay
from support.kinesis import KinesisError
from support.ledger import Ledger
from support.load import Load
from support.shardmill import Server, sanitized, seed

KILLS = int(os.environ.get("SHARDMILL_KILLS", "60" if sanitized() else "300"))
MOST_OPEN_SHARDS = 6


# Each phase ends with the runtime killed and not started again. They return how many kills it was.


def during_load(server, load, rng):
    time.sleep(rng.uniform(0, 0.4))
    server.kill()
    return 1


def right_after_an_answer(server, load, rng):
    load.wait_acks(rng.randint(1, 150))
    server.kill()
    return 1


def while_it_starts(server, load, rng):
    load.wait_acks(rng.randint(1, 50))
    server.kill()
    server.spawn()
    time.sleep(rng.uniform(0, 0.12))
    server.kill()
    return 2


def while_it_stops(server, load, rng):
    load.wait_acks(rng.randint(1, 50))
    server.process.send_signal(signal.SIGTERM)
    time.sleep(rng.uniform(0, 0.03))
    server.kill()
    return 1


def while_a_version_goes_live(server, load, rng):
    server.deploy(relay.FUNCTION, relay.settings({"GENERATION": str(rng.getrandbits(32))}))
    time.sleep(rng.uniform(0, 0.5))
    server.kill()
    return 1


def while_shards_change(server, load, rng):
    load.wait_acks(rng.randint(1, 50))
    with server.kinesis() as client:
        open_shards = [s for s in client.shards("in") if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
        open_shards.sort(key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))
        try:
            if len(open_shards) >= MOST_OPEN_SHARDS:
                at = rng.randrange(len(open_shards) - 1)
                first, second = open_shards[at]["ShardId"], open_shards[at + 1]["ShardId"]
                client.call("MergeShards", StreamName="in", ShardToMerge=first, AdjacentShardToMerge=second)
            else:
                shard = rng.choice(open_shards)
                start, end = (int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))
                client.call(
                    "SplitShard",
                    StreamName="in",
                    ShardToSplit=shard["ShardId"],
                    NewStartingHashKey=str((start + end) // 2),
                )
        except KinesisError as error:
            if error.kind != "ResourceInUseException":  # still busy with the one before
                raise
    time.sleep(rng.uniform(0, 0.05))
    server.kill()
    return 1


PHASES = {
    during_load: 10,
    right_after_an_answer: 6,
    while_it_starts: 3,
    while_it_stops: 2,
    while_a_version_goes_live: 2,
    while_shards_change: 2,
}


def main():
    rng = random.Random(seed())
    ledger = Ledger()
    kills, starts = Counter(), []
    with Server() as server:
        relay.set_up(server)
        load = Load(ledger, "in", producers=3, rng=rng, tolerate={"InternalFailure"})
        load.attach(server)
        while kills.total() < KILLS:
            [phase] = rng.choices(list(PHASES), list(PHASES.values()))
            kills[phase.__name__] += phase(server, load, rng)
            began = time.monotonic()
            server.start()
            starts.append(time.monotonic() - began)
            load.attach(server)
        load.stop()
        inputs, outputs, findings = relay.judge(server, ledger)

    stored = sum(map(len, inputs.values()))
    print(f"kills: {dict(kills)}")
    print(f"records: {len(ledger.puts)} sent, {ledger.acked_count()} acknowledged, {stored} stored in {len(inputs)} shards")
    print(f"restart: median {statistics.median(starts) * 1000:.0f} ms, longest {max(starts) * 1000:.0f} ms")
    assert ledger.acked_count() > 20 * KILLS, "the load was too small to show anything"
    relay.report(findings, kills.total(), "kills")


if __name__ == "__main__":
    main()
