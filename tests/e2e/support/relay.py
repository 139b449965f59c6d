"""The crash tests' set-up: stream `in` -> function crash_relay -> stream `out`, and its judgement at the end.

crash_relay emits each record of a batch, with the record's key, as "SEQUENCE#ATTEMPT#" and its data (support/oracle.py
reads that back). How it fails on purpose is told by its environment variables (tests/fixtures/functions/crash_relay.cc).
"""

import time

from support import oracle
from support.ledger import payload

FUNCTION = "crash_relay"


def settings(environment=None, **more):
    trigger = {"Stream": "in", "BatchSize": 40, "StartingPosition": "TRIM_HORIZON"}
    return {"Timeout": 20, "Workers": 2, "Outputs": ["out"], "Environment": environment or {}, "Triggers": [trigger]} | more


def set_up(server, shards=3, output_shards=2, environment=None, **more):
    """Creates the streams and drops the function in."""
    with server.kinesis() as client:
        client.create_stream("in", shards)
        client.create_stream("out", output_shards)
    server.deploy(FUNCTION, settings(environment, **more))


class Follower:
    """Reads a stream on from where it was: cheap to ask again and again."""

    def __init__(self, stream):
        self.stream = stream
        self.shards = {}

    def poll(self, client):
        for shard in client.shards(self.stream):
            known = self.shards.setdefault(shard["ShardId"], [])
            known += client.read_shard(self.stream, shard["ShardId"], known[-1].sequence if known else None)
        return self.shards

    def count(self):
        return sum(map(len, self.shards.values()))


def wait_drained(client, seconds=60.0):
    """Waits until `out` has as many records as `in`; gives up when for `seconds` nothing came. (inputs, outputs)"""
    inputs = client.read_all("in")
    wanted = sum(map(len, inputs.values()))
    outputs = Follower("out")
    seen, last = -1, time.monotonic()
    while outputs.poll(client) and outputs.count() < wanted and time.monotonic() - last < seconds:
        if outputs.count() > seen:
            seen, last = outputs.count(), time.monotonic()
        time.sleep(0.02)
    return inputs, outputs.shards


def put_last_records(client, ledger, tag):
    """One record into each open shard. Lanes go in order: once their outputs are there, nothing older can follow."""
    for number, shard in enumerate(client.shards("in")):
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]:
            name = f"{tag}.{number}"
            [put] = ledger.sending([(name, name, payload(name, 10))])
            answer = client.put("in", put.key, put.data, shard["HashKeyRange"]["StartingHashKey"])
            ledger.acknowledged(put, answer["ShardId"], answer["SequenceNumber"])


def judge(server, ledger):
    """Drains, restarts in peace, drains again, and gives (inputs, outputs, findings)."""
    with server.kinesis() as client:
        wait_drained(client)
    code = server.stop()
    server.start()
    with server.kinesis() as client:
        put_last_records(client, ledger, "sentinel")
        wait_drained(client)
        inputs, outputs = client.read_all("in"), client.read_all("out")
    findings = [*oracle.check_input(ledger, inputs), *oracle.check_outputs(inputs, outputs)]
    if code != 0:
        findings.append(f"SIGTERM ended the server with {code}, not 0")
    return inputs, outputs, findings


def report(findings, faults=None, what="faults"):
    """Prints the verdict, over so many random faults; fails the test if there are findings."""
    for finding in findings[:20]:
        print(f"BAD: {finding}")
    if faults is not None:
        print(oracle.bound(len(findings), faults, what), flush=True)
    assert not findings, f"{len(findings)} findings, the first: {findings[0]}"
