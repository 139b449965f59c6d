"""`store check` and `store accept-loss` on data that was damaged on purpose: what is wrong is named, with what to do next;
the lane of a damaged shard stops with a clear error; after the loss was accepted it goes on, and the rest is delivered."""

import base64
import json
import random
import shutil
import tempfile
import unittest
from pathlib import Path

from support import relay, tamper
from support.ledger import Ledger
from support.load import Load
from support.shardmill import Server, run_cli, seed, wait_for

PENDING = base64.b64encode(b"pending").decode()
CHUNKS = 12  # of each shard that the function has not seen
PER_CHUNK = 5  # records


def check(server, *options):
    return run_cli("store", "check", server.root, *options)


def records(root):
    """How many records each shard has in sound data: {("in", 0): 123}."""
    found = json.loads(run_cli("store", "check", root, "--json").stdout)
    shards = [(stream["name"], shard) for stream in found["streams"] for shard in stream["shards"]]
    return {(name, int(shard["shard"][-12:])): shard["records"] for name, shard in shards}


def put_pending(client):
    """Chunks for each shard of `in`."""
    for shard in client.shards("in"):
        key = {"PartitionKey": "k", "ExplicitHashKey": shard["HashKeyRange"]["StartingHashKey"]}
        for _ in range(CHUNKS):
            answer = client.call("PutRecords", StreamName="in", Records=[{"Data": PENDING} | key] * PER_CHUNK)
            assert answer["FailedRecordCount"] == 0


def record_a_run(rng):
    """A folder with the data of a run, the function gone, and chunks in `in` that it has not seen."""
    server = Server(root=tempfile.mkdtemp(prefix="shardmill-repair-"))
    with server:
        relay.set_up(server, shards=2, output_shards=1)
        load = Load(Ledger(), "in", producers=2, rng=rng, pause=0.002)
        load.attach(server)
        assert load.wait_acks(200)
        load.stop()
        with server.kinesis() as client:
            relay.wait_drained(client)
            server.undeploy(relay.FUNCTION)
            wait_for("the function to be gone", lambda: not server.children())
            put_pending(client)
        assert server.stop() == 0
    return server.root


class StoreRepairTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.recorded = record_a_run(random.Random(seed()))
        cls.addClassCleanup(shutil.rmtree, cls.recorded)

    def setUp(self):
        folder = Path(tempfile.mkdtemp(prefix="shardmill-repair-"))
        self.addCleanup(shutil.rmtree, folder)
        shutil.copytree(self.recorded, folder / "mill")
        self.server = Server(root=folder / "mill")
        self.addCleanup(self.server.kill)
        (self.server.root / "serve.log").unlink(missing_ok=True)

    def damage_chunk(self, number, database):
        """Flips a bit of the body of the n-th last chunk of shard 0; the chunk."""
        chunk = tamper.chunks(database, "in")[-number]
        body = bytearray(chunk["body"])
        body[-1] ^= 1
        database.execute("UPDATE chunks SET body = ? WHERE id = ?", (bytes(body), chunk["id"]))
        return chunk

    def findings(self):
        """What the check finds, as JSON; the same must be in the text."""
        answer = check(self.server, "--json")
        self.assertEqual(answer.returncode, 1, answer.stderr)
        found = json.loads(answer.stdout)
        self.assertFalse(found["sound"])
        text = check(self.server)
        self.assertEqual(text.returncode, 1)
        self.assertRegex(text.stdout.splitlines()[-1], r"^damaged: \d+ findings?, [\d,]+ records? missing$")
        for finding in found["findings"]:
            self.assertIn(finding["what"], text.stdout)
            self.assertIn(finding["next"], text.stdout)
        return found["findings"]

    # ---- check ---------------------------------------------------------------------------------------------------

    def test_sound_data_is_called_sound_and_is_not_changed(self):
        database = self.server.data / "store.db"
        before = database.read_bytes()
        answer = check(self.server)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        self.assertRegex(answer.stdout.splitlines()[-1], r"^sound: 2 streams, 3 shards, [\d,]+ records$")
        found = json.loads(check(self.server, "--json").stdout)
        self.assertTrue(found["sound"])
        self.assertEqual(found["findings"], [])
        [shards] = [stream["shards"] for stream in found["streams"] if stream["name"] == "in"]
        self.assertEqual([shard["shard"][-1] for shard in shards], ["0", "1"])
        for shard in shards:
            self.assertEqual(shard["records"], shard["last"])
        self.assertEqual(database.read_bytes(), before)

    def test_data_in_use_and_folders_without_data_are_refused(self):
        self.server.start()
        answer = check(self.server)
        self.assertEqual(answer.returncode, 2)
        self.assertIn(f"is in use by process {self.server.pid}", answer.stderr)
        self.assertEqual(self.server.stop(), 0)
        with tempfile.TemporaryDirectory() as empty:
            for _ in ("no data folder", "an empty one"):
                answer = run_cli("store", "check", empty)
                self.assertEqual(answer.returncode, 2)
                self.assertIn("there is no store in", answer.stderr)
                (Path(empty) / "data").mkdir(exist_ok=True)
            self.assertEqual(list((Path(empty) / "data").iterdir()), [])
        self.assertEqual(run_cli("store", "check").returncode, 2)

    def test_a_damaged_chunk_is_named_by_its_positions(self):
        with tamper.store(self.server) as database:
            chunk = self.damage_chunk(4, database)
        [finding] = self.findings()
        self.assertEqual((finding["stream"], finding["shard"]), ("in", "shardId-000000000000"))
        self.assertEqual(finding["first"], chunk["first"])
        self.assertEqual(finding["last"], chunk["first"] + PER_CHUNK - 1)
        self.assertIn(f"shardmill store accept-loss {self.server.root} in shardId-000000000000", finding["next"])

    def test_records_missing_at_the_end_are_told_by_the_marks(self):
        with tamper.store(self.server) as database:
            database.execute("DELETE FROM chunks WHERE id = ?", (tamper.chunks(database, "in")[-1]["id"],))
        [finding] = self.findings()
        self.assertIn("acknowledged records are missing", finding["what"])
        self.assertEqual(finding["last"] - finding["first"] + 1, PER_CHUNK)

    def test_a_damaged_page_is_named_by_sqlite_and_by_the_records_on_it(self):
        with tamper.store(self.server) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path = self.server.data / "store.db"
        content = bytearray(path.read_bytes())
        page = content.index(b"pending") // 4096
        content[page * 4096 : page * 4096 + 16] = bytes(16)
        path.write_bytes(content)
        found = self.findings()
        self.assertTrue(any("the database file: " in finding["what"] for finding in found), found)
        self.assertTrue(any(finding.get("stream") == "in" and "first" in finding for finding in found), found)
        self.assertEqual({finding["next"] for finding in found}, {"restore a copy of the data folder"})

    def test_rules_between_the_tables_are_checked(self):
        with tamper.store(self.server) as database:
            key = tamper.shard_key(database, "in", 1)
            database.execute("UPDATE shards SET range_first = zeroblob(16) WHERE key = ?", (key,))
            *columns, _ = [row["name"] for row in database.execute("PRAGMA table_info(shards)")]
            database.execute(f"UPDATE shards SET row_check = row_crc({', '.join(columns)}) WHERE key = ?", (key,))
        self.assertIn("do not tile the keys", self.findings()[0]["what"])

    def test_a_changed_checkpoint_is_found(self):
        with tamper.store(self.server) as database:
            tamper.move_checkpoint(database, "in", 0, by=-1, sealed=False)
        self.assertIn("checkpoint", self.findings()[0]["what"])

    def test_a_file_that_is_no_database_is_damage(self):
        (self.server.data / "store.db").write_bytes(b"x" * 8192)
        (self.server.data / "store.db-wal").unlink(missing_ok=True)
        [finding] = self.findings()
        self.assertIn("not a database", finding["what"])
        self.assertEqual(finding["next"], "restore a copy of the data folder")

    # ---- accept-loss ---------------------------------------------------------------------------------------------

    def wait_delivered(self, count):
        """Until the function has delivered so many records, and not one more."""
        with self.server.kinesis() as client:
            follower = relay.Follower("out")
            wait_for(f"{count} records in `out`", lambda: follower.poll(client) and follower.count() >= count)
            self.assertEqual(follower.count(), count)

    def accept_loss(self):
        return run_cli("store", "accept-loss", self.server.root, "in", "shardId-000000000000")

    def test_a_lane_stops_at_damage_and_goes_on_behind_it_when_the_loss_is_accepted(self):
        stored = records(self.recorded)
        total = stored["in", 0] + stored["in", 1]
        with tamper.store(self.server) as database:
            chunk = self.damage_chunk(6, database)
        self.server.deploy(relay.FUNCTION, relay.settings())
        self.server.start()
        named = f"stream in, shardId-000000000000: the stored records from position {chunk['first']} on are damaged"
        wait_for("the lane to say why it waits", lambda: named in self.server.log())
        self.wait_delivered(total - 6 * PER_CHUNK)  # what is before the damage, and all of the other shard
        refused = self.accept_loss()
        self.assertEqual(refused.returncode, 1)
        self.assertIn("is in use by process", refused.stderr)
        self.assertEqual(self.server.stop(), 0)

        accepted = self.accept_loss()
        self.assertEqual(accepted.returncode, 0, accepted.stderr)
        self.assertIn(f"gave up {PER_CHUNK} acknowledged records", accepted.stdout)
        again = self.accept_loss()
        self.assertEqual(again.returncode, 2)
        self.assertIn("nothing is missing", again.stderr)
        answer = check(self.server, "--json")
        self.assertEqual(answer.returncode, 0, answer.stdout)
        [shards] = [stream["shards"] for stream in json.loads(answer.stdout)["streams"] if stream["name"] == "in"]
        self.assertEqual([shard["givenUp"] for shard in shards], [PER_CHUNK, 0])

        self.server.start()
        self.wait_delivered(total - PER_CHUNK)
        self.assertEqual(self.server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
