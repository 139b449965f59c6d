"""Shards split and merge at random while records stream through a function: each record has exactly one output, each key's
records stay in order from parents to children, and nothing stalls."""

import random

from support import oracle, relay
from support.ledger import Ledger
from support.load import Load
from support.shardmill import Server, sanitized, seed, wait_for

CHANGES = 20 if sanitized() else 60
MOST_OPEN = 8


def open_shards(client, stream):
    shards = [s for s in client.shards(stream) if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
    return sorted(shards, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))


def change(client, stream, rng):
    """One random split or merge, waited for."""
    shards = open_shards(client, stream)
    if len(shards) > 1 and (len(shards) >= MOST_OPEN or rng.random() < 0.45):
        at = rng.randrange(len(shards) - 1)
        first, second = shards[at]["ShardId"], shards[at + 1]["ShardId"]
        client.call("MergeShards", StreamName=stream, ShardToMerge=first, AdjacentShardToMerge=second)
        what = "merge"
    else:
        shard = rng.choice(shards)
        start, end = (int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))
        at = str(rng.randint(start + 1, end))
        client.call("SplitShard", StreamName=stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=at)
        what = "split"
    wait_for("the stream to be active again", lambda: is_active(client, stream))
    return what


def is_active(client, stream):
    summary = client.call("DescribeStreamSummary", StreamName=stream)["StreamDescriptionSummary"]
    return summary["StreamStatus"] == "ACTIVE"


def main():
    rng = random.Random(seed())
    ledger, done = Ledger(), {"split": 0, "merge": 0}
    with Server() as server:
        relay.set_up(server, shards=2, output_shards=1)
        load = Load(ledger, "in", producers=3, rng=rng)
        load.attach(server)
        with server.kinesis() as client:
            for _ in range(CHANGES):
                assert load.wait_acks(rng.randint(1, 400)), "the load stands still"
                stream = "out" if rng.random() < 0.3 else "in"
                done[change(client, stream, rng)] += 1
        load.stop()
        inputs, outputs, findings = relay.judge(server, ledger)
        findings += oracle.check_key_order(inputs, "in")
        findings += oracle.check_key_order(outputs, "out", lambda data: oracle.parse_output(data)[2])
    print(f"{done['split']} splits, {done['merge']} merges, {ledger.acked_count()} records through {len(inputs)} shards")
    relay.report(findings, CHANGES, "changes")


if __name__ == "__main__":
    main()
