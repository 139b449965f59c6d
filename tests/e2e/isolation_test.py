"""A record that the function cannot read holds up its own shard, and nothing else; once a fixed version is dropped in, the
shard goes on where it stood, with nothing lost, repeated or out of order."""

import time

from support import oracle, relay
from support.ledger import Ledger, payload
from support.shardmill import Server, test_function, wait_for

SHARDS = 4
POISONED = 2  # which shard
RECORDS = 300  # per shard
POISON_AT = 120
SETTINGS = {
    "Outputs": ["out"],
    "Workers": 2,
    "Triggers": [{"Stream": "in", "BatchSize": 25, "StartingPosition": "TRIM_HORIZON"}],
}


def put_all(client, ledger):
    """The same number of records into each shard, from first to last in turn; one of them is poison."""
    keys = [(n << 128) // SHARDS for n in range(SHARDS)]
    for start in range(0, RECORDS, 10):
        records, places = [], []
        for shard in range(SHARDS):
            for n in range(start, start + 10):
                data = payload(f"s{shard}.{n}", 30)
                poison = b" poison" if (shard, n) == (POISONED, POISON_AT) else b""
                records.append((f"s{shard}.{n}", f"k{shard}", data + poison))
                places.append(str(keys[shard]))
        puts = ledger.sending(records)
        answers = client.put_many("in", [(p.key, p.data) for p in puts], hash_keys=places)
        for put, answer in zip(puts, answers, strict=True):
            ledger.acknowledged(put, answer["ShardId"], answer["SequenceNumber"])


def outputs_by_key(client):
    found = {}
    for records in client.read_all("out").values():
        for record in records:
            found.setdefault(record.key, []).append(record)
    return found


def main():
    ledger = Ledger()
    with Server() as server:
        with server.kinesis() as client:
            client.create_stream("in", SHARDS)
            client.create_stream("out", 2)
            server.deploy("picky", SETTINGS, test_function("picky_v1"))
            put_all(client, ledger)

            def others_done():
                counts = {key: len(records) for key, records in outputs_by_key(client).items()}
                return all(counts.get(f"k{shard}") == RECORDS for shard in range(SHARDS) if shard != POISONED)

            wait_for("the other shards to get through", others_done, seconds=60)
            # Its retries go on meanwhile: the held up shard must stand where it is through several of them.
            wait_for("some attempts at the poisoned batch", lambda: server.log().count("cannot read record") >= 3, 60)
            held = outputs_by_key(client).get(f"k{POISONED}", [])
            assert len(held) <= POISON_AT, f"{len(held)} outputs of the shard whose record {POISON_AT} cannot be read"
            server.deploy("picky", None, test_function("picky_v2"))
            began = time.monotonic()
            wait_for(
                "the poisoned shard to get through",
                lambda: len(outputs_by_key(client).get(f"k{POISONED}", [])) == RECORDS,
                seconds=60,
            )
            print(f"went on {time.monotonic() - began:.2f} s after the fixed version was dropped in")
        inputs, outputs, findings = relay.judge(server, ledger)
        assert len(inputs) == SHARDS
        attempts = [oracle.parse_output(r.data)[1] for records in outputs.values() for r in records]
        assert max(attempts) > 1, "the poisoned batch succeeded at its first attempt"
    relay.report(findings)


if __name__ == "__main__":
    main()
