"""The negative control of the crash tests: data that was damaged on purpose between two runs. Each kind must be found, by the
store itself (in an answer or in its log, naming the shard) or, if the damage is one that no store could notice, by the
oracle.
"""

import random
import re
import shutil
import tempfile
from pathlib import Path

from support import oracle, relay, tamper
from support.kinesis import KinesisError
from support.ledger import Ledger, payload
from support.load import Load
from support.shardmill import Server, seed, wait_for

PENDING = 40  # records that the function has not seen when the damage is done
CASES = {}


def case(*wanted):
    """Registers a damage; one of the findings must have all of the words `wanted`."""

    def register(damage):
        CASES[damage] = wanted
        return damage

    return register


@case("damaged", "shardId-000000000000")
def a_chunk_in_the_middle_is_gone(server):
    with tamper.store(server) as db:
        chunks = tamper.chunks(db, "in")
        db.execute("DELETE FROM chunks WHERE id = ?", (chunks[len(chunks) // 2]["id"],))


@case("missing", "shardId-000000000000")
def the_newest_chunk_is_gone(server):
    with tamper.store(server) as db:
        db.execute("DELETE FROM chunks WHERE id = ?", (tamper.chunks(db, "in")[-1]["id"],))


@case("damaged", "shardId-000000000000")
def a_bit_of_a_body_is_flipped(server):
    with tamper.store(server) as db:
        chunk = tamper.chunks(db, "in")[1]
        body = bytearray(chunk["body"])
        body[-1] ^= 4
        db.execute("UPDATE chunks SET body = ? WHERE id = ?", (bytes(body), chunk["id"]))


@case("damaged")
def a_bit_of_the_file_is_flipped(server):
    with tamper.store(server) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        body = tamper.chunks(db, "in")[2]["body"]
    path = server.data / "store.db"
    content = bytearray(path.read_bytes())
    places = [at.start() for at in re.finditer(re.escape(body[:30]), content)]  # with stale copies in free space
    assert places, "the body is in the file"
    for at in places:
        content[at + 20] ^= 1
    path.write_bytes(content)


@case("damaged", "shardId-000000000000")
def two_chunks_have_changed_places(server):
    with tamper.store(server) as db:
        a, b = tamper.chunks(db, "in")[1:3]
        for chunk, other in ((a, b), (b, a)):
            db.execute(
                "UPDATE chunks SET body = ?, body_crc = ?, count = ? WHERE id = ?",
                (other["body"], other["body_crc"], other["count"], chunk["id"]),
            )


@case("damaged", "shardId-000000000001")
def a_chunk_stands_in_another_shard(server):
    with tamper.store(server) as db:
        chunk, other = tamper.chunks(db, "in", 0)[0], tamper.chunks(db, "in", 1)[0]
        columns = ("count", "arrival", "previous", "body_crc", "seal", "body")
        values = [chunk[column] for column in columns]
        db.execute(f"UPDATE chunks SET {' = ?, '.join(columns)} = ? WHERE id = ?", (*values, other["id"]))


@case("is not what was sent")
def other_bytes_with_all_checks_right(server):
    with tamper.store(server) as db:
        chunk = tamper.chunks(db, "in")[-1]
        body = bytearray(chunk["body"])
        body[-1] ^= 1
        tamper.replace_body(db, chunk, bytes(body))


@case("a second time")
def a_checkpoint_has_moved_back(server):
    with tamper.store(server) as db:
        tamper.move_checkpoint(db, "in", 0, by=-7)


@case("no output for input")
def a_checkpoint_has_moved_on(server):
    with tamper.store(server) as db:
        tamper.move_checkpoint(db, "in", 0, by=+7)


@case("checkpoint")
def a_checkpoint_has_a_flipped_bit(server):
    with tamper.store(server) as db:
        tamper.move_checkpoint(db, "in", 0, by=-8, sealed=False)


@case("a second time")
def outputs_are_there_twice(server):
    with tamper.store(server) as db:
        chunks = tamper.chunks(db, "out")
        tamper.append_chunk(db, chunks[-1], chunks[0]["body"], chunks[0]["count"])


def record_a_run(rng):
    """A folder with a run's data, the function gone, and records that it has not seen; and the ledger."""
    ledger = Ledger()
    server = Server(root=tempfile.mkdtemp(prefix="shardmill-tamper-"))
    with server:
        relay.set_up(server, shards=2, output_shards=1)
        load = Load(ledger, "in", producers=2, rng=rng, pause=0.002)
        load.attach(server)
        assert load.wait_acks(600)
        load.stop()
        _, _, findings = relay.judge(server, ledger)
        assert not findings, findings
        server.undeploy(relay.FUNCTION)
        wait_for("the function to be gone", lambda: not server.children())
        with server.kinesis() as client:
            [start] = [s for s in client.shards("in") if s["ShardId"].endswith("0")]
            for n in range(PENDING):
                [put] = ledger.sending([(f"pending.{n}", "k", payload(f"pending.{n}", 20))])
                answer = client.put("in", put.key, put.data, start["HashKeyRange"]["StartingHashKey"])
                ledger.acknowledged(put, answer["ShardId"], answer["SequenceNumber"])
        assert server.stop() == 0
    return server.root, ledger


def findings_after(root, ledger, damage):
    """What is found in a copy of the run after this damage: by the oracle, in answers, and what the log says."""
    copy = Path(tempfile.mkdtemp(prefix="shardmill-tamper-")) / "root"
    shutil.copytree(root, copy)
    server = Server(root=copy)
    (copy / "serve.log").unlink()
    damage(server)
    server.deploy(relay.FUNCTION, relay.settings())
    findings = []
    try:
        server.start()
        with server.kinesis() as client:
            relay.wait_drained(client, seconds=2)
            relay.put_last_records(client, ledger, f"last-{damage.__name__}")
            relay.wait_drained(client, seconds=2)
            inputs, outputs = client.read_all("in"), client.read_all("out")
        findings += [*oracle.check_input(ledger, inputs), *oracle.check_outputs(inputs, outputs)]
    except (KinesisError, AssertionError) as refusal:
        findings.append(f"refused: {refusal}")
    finally:
        server.kill()
    said = [f"log: {line}" for line in server.log().splitlines()]
    shutil.rmtree(copy.parent)
    return findings, said


def nothing(_):
    pass


def main():
    rng = random.Random(seed())
    root, ledger = record_a_run(rng)
    known = dict(ledger.puts)
    unfound = []
    for damage, wanted in {nothing: None, **CASES}.items():
        ledger.puts = dict(known)
        findings, said = findings_after(root, ledger, damage)
        if wanted is None:
            assert not findings, f"the oracle finds damage where there is none: {findings[:3]}"
            continue
        hits = [line for line in findings + said if all(word in line for word in wanted)]
        print(f"{damage.__name__}: {len(findings)} findings; {hits[0] if hits else 'NOT FOUND'}", flush=True)
        if not hits or not findings:
            unfound.append(f"{damage.__name__}: {findings[:3]}")
    shutil.rmtree(root)
    assert not unfound, unfound
    print(f"{len(CASES)} kinds of damage, each found")


if __name__ == "__main__":
    main()
