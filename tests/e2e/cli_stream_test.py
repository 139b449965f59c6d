"""The stream commands of the real binary against a real server."""

import json
import os
import random
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.shardmill import Server, binary, run_cli, seed, wait_for

SENSOR = """{
  "sensorId": "sensor-{{random.number(100)}}",
  "eventTimeStamp": "{{current.timestamp}}",
  "ambientTemp": {{random.number({"min":-40, "max":60})}}
}
"""


class StreamCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.made = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    # ---- verbs -------------------------------------------------------------------------------------------------

    def new_stream(self, shards=1):
        StreamCommands.made += 1
        name = f"s{self.made}"
        self.ok("stream", "create", name, "--shards", shards)
        return name

    def run_cli(self, *arguments, **options):
        return self.server.cli(*arguments, **options)

    def ok(self, *arguments, **options):
        done = self.run_cli(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def put(self, stream, lines, *arguments):
        return self.ok("stream", "put", stream, *arguments, input="".join(f"{line}\n" for line in lines))

    def raw(self, stream, *arguments):
        return self.ok("stream", "get", stream, "--raw", *arguments).splitlines()

    def records(self, stream, *arguments):
        return [json.loads(line) for line in self.ok("stream", "get", stream, "--json", *arguments).splitlines()]

    def start(self, *arguments, **options):
        environment = os.environ | {"AWS_ENDPOINT_URL": self.server.url}
        process = subprocess.Popen(
            [binary(), *map(str, arguments)],
            env=environment,
            text=True,
            **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options),
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    # ---- managing ----------------------------------------------------------------------------------------------

    def test_a_stream_is_created_shown_and_deleted(self):
        self.assertEqual(self.ok("stream", "create", "plays", "--shards", 3), "created stream plays with 3 shards\n")
        again = self.run_cli("stream", "create", "plays")
        self.assertEqual(again.returncode, 1)
        self.assertIn("ResourceInUseException", again.stderr)
        self.assertIn("there already", self.ok("stream", "create", "plays", "--if-missing"))
        self.assertIn("plays", self.ok("stream", "list", "--names").splitlines())
        [listed] = [s for s in json.loads(self.ok("stream", "list", "--json")) if s["name"] == "plays"]
        self.assertEqual((listed["status"], listed["openShards"], listed["retentionHours"]), ("ACTIVE", 3, 24))
        described = json.loads(self.ok("stream", "describe", "plays", "--json"))
        self.assertEqual([s["id"] for s in described["shards"]], [f"shardId-{n:012}" for n in range(3)])
        self.assertEqual(described["shards"][0]["startingHashKey"], "0")
        self.assertEqual(described["shards"][2]["endingHashKey"], str(2**128 - 1))
        self.assertIn("33.33 %", self.ok("stream", "describe", "plays"))
        self.assertEqual(self.ok("stream", "delete", "plays"), "deleted stream plays\n")
        self.assertNotIn("plays", self.ok("stream", "list", "--names").splitlines())

    def test_a_mistyped_stream_gets_the_nearest_name(self):
        self.ok("stream", "create", "purchases")
        for command in (["get"], ["put"], ["tail"], ["describe"], ["delete"], ["split", "x", "0"][:1]):
            arguments = ["0"] if command == ["split"] else []
            done = self.run_cli("stream", *command, "purchase", *arguments, input="")
            self.assertEqual(done.returncode, 1, command)
            self.assertEqual(done.stderr, 'shardmill: there is no stream "purchase"; did you mean "purchases"?\n')

    def test_shards_are_split_and_merged(self):
        stream = self.new_stream()
        self.assertEqual(
            self.ok("stream", "split", stream, 0),
            "split shardId-000000000000 into shardId-000000000001 and shardId-000000000002\n",
        )
        self.assertEqual(
            self.ok("stream", "merge", stream, 1, "shardId-000000000002"),
            "merged shardId-000000000001 and shardId-000000000002 into shardId-000000000003\n",
        )
        again = self.run_cli("stream", "split", stream, 0)
        self.assertEqual(again.returncode, 1)
        missing = self.run_cli("stream", "split", stream, 9)
        self.assertIn("the stream has no shardId-000000000009; open are shardId-000000000003", missing.stderr)
        odd = self.run_cli("stream", "split", stream, "first")
        self.assertEqual((odd.returncode, '"first" is not a shard' in odd.stderr), (2, True))

    # ---- putting and getting -----------------------------------------------------------------------------------

    def test_lines_come_back_as_they_went_in_and_in_order(self):
        stream = self.new_stream()
        lines = [f"{n} ä \t \\ \"x\"" for n in range(3000)]
        summary = json.loads(self.put(stream, lines, "--json"))
        self.assertEqual((summary["records"], summary["sentAgain"]), (3000, 0))
        self.assertEqual(self.raw(stream), lines)
        self.assertEqual(self.raw(stream, "--limit", 7), lines[:7])

    def test_keys_decide_the_shard_and_keep_their_order(self):
        stream = self.new_stream(4)
        random.seed(seed())
        lines = [json.dumps({"user": {"id": f"u{random.randrange(50)}"}, "n": n}) for n in range(5000)]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("\n".join(lines))
            file.flush()
            self.assertIn("put 5,000 records", self.ok("stream", "put", stream, file.name, "--key-field", "user.id"))
        records = self.records(stream)
        self.assertEqual(sorted(r["data"] for r in records), sorted(lines))
        self.assertEqual(len({r["shardId"] for r in records}), 4)
        last = {}
        for record in records:
            click = json.loads(record["data"])
            self.assertEqual(record["partitionKey"], click["user"]["id"])
            self.assertGreater(click["n"], last.get(click["user"]["id"], -1))
            last[click["user"]["id"]] = click["n"]

    def test_records_go_from_one_stream_to_another_unchanged(self):
        source, copy = self.new_stream(2), self.new_stream(3)
        with self.server.kinesis() as client:
            client.put_many(source, [(f"k{n}", bytes([n, 255 - n, 10])) for n in range(200)])
        self.ok("stream", "put", copy, "--records", input=self.ok("stream", "get", source, "--json"))
        with self.server.kinesis() as client:
            shards = client.read_all(copy)
        found = sorted((r.key, r.data) for shard in shards.values() for r in shard)
        self.assertEqual(found, sorted((f"k{n}", bytes([n, 255 - n, 10])) for n in range(200)))

    def test_binary_data_is_shown_as_hex(self):
        stream = self.new_stream()
        with self.server.kinesis() as client:
            client.put(stream, key="k", data=b"\xff\x00\x1b")
            client.put(stream, key="\x1b[31m", data=b"red\x1b[0m\n")
        first, second = self.ok("stream", "get", stream).splitlines()
        self.assertTrue(first.endswith("<3 bytes: ff 00 1b>"), first)
        self.assertTrue(second.endswith("\\x1b[31m  red\\x1b[0m\\n"), second)

    def test_a_bad_line_is_named_and_what_came_before_is_stored(self):
        stream = self.new_stream()
        text = '{"user": 1}\n\n{"user": 2}\n{"usr": 3}\n{"user": 4}\n'
        done = self.run_cli("stream", "put", stream, "--key-field", "user", input=text)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(
            done.stderr, 'shardmill: line 4: there is no field "user" for the partition key\n'
        )
        self.assertIn("put 2 records", done.stdout)
        self.assertEqual(self.raw(stream), ['{"user": 1}', '{"user": 2}'])

    def test_a_line_without_end_is_refused_before_it_fills_the_memory(self):
        stream = self.new_stream()
        done = self.run_cli("stream", "put", stream, input="x" * (5 << 20))
        self.assertEqual(done.returncode, 2)
        self.assertIn("longer than any record may be", done.stderr)

    def test_a_shard_with_limits_slows_the_put_down_and_loses_nothing(self):
        stream = self.new_stream()
        with self.server.kinesis() as client:
            client.call("AddTagsToStream", StreamName=stream, Tags={"shardmill:enforce-limits": "true"})
        lines = [str(n) for n in range(2500)]
        summary = json.loads(self.put(stream, lines, "--json"))
        self.assertEqual(summary["records"], 2500)
        self.assertGreater(summary["sentAgain"], 0)
        self.assertEqual(sorted(self.raw(stream), key=int), lines)

    def test_a_slow_pipe_is_passed_on_line_by_line(self):
        stream = self.new_stream()
        process = self.start("stream", "put", stream, stdin=subprocess.PIPE)
        for n in range(3):
            process.stdin.write(f"{n}\n")
            process.stdin.flush()
            wait_for(f"line {n}", lambda: len(self.raw(stream)) == n + 1)
        out, err = process.communicate()
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("put 3 records", out)

    def test_a_large_pipe_that_is_often_empty_is_read_to_its_end(self):
        stream = self.new_stream()
        producer = subprocess.Popen(["seq", "-f", "%.0f" + "x" * 180, "60000"], stdout=subprocess.PIPE)
        summary = json.loads(self.ok("stream", "put", stream, "--json", stdin=producer.stdout))
        producer.stdout.close()
        self.assertEqual(producer.wait(), 0)
        self.assertEqual(summary["records"], 60000)

    # ---- templates ---------------------------------------------------------------------------------------------

    def template(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".template")
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        return file.name

    def test_a_template_makes_as_many_records_as_asked_for(self):
        stream = self.new_stream(2)
        path = self.template(SENSOR)
        self.ok("stream", "put", stream, "--template", path, "--count", 1200, "--key-field", "sensorId")
        records = self.records(stream)
        self.assertEqual(len(records), 1200)
        for record in records:
            sensor = json.loads(record["data"])
            self.assertEqual(record["partitionKey"], sensor["sensorId"])
            self.assertTrue(-40 <= sensor["ambientTemp"] <= 60)

    def test_the_same_seed_makes_the_same_records(self):
        path = self.template("{{random.number}} {{random.uuid}} {{record.number}}")
        made = []
        for number in (5, 5, 6):
            stream = self.new_stream()
            self.ok("stream", "put", stream, "--template", path, "--count", 20, "--seed", number)
            made.append(self.raw(stream))
        self.assertEqual(made[0], made[1])
        self.assertNotEqual(made[0], made[2])

    def test_a_duration_or_a_rate_bounds_a_template(self):
        stream = self.new_stream()
        path = self.template("{{record.number}}")
        summary = json.loads(
            self.ok("stream", "put", stream, "--template", path, "--rate", 100, "--duration", "300ms", "--json")
        )
        # Not before their time: the first at once, then one every 10 ms. A slow machine makes fewer, never more.
        self.assertTrue(1 <= summary["records"] <= 31, summary)

    def test_a_bad_template_is_refused_with_its_place(self):
        stream = self.new_stream()
        cases = {
            '{\n "a": {{random.nubmer}}}': 'line 2, column 7: there is no placeholder "random.nubmer"; did you mean',
            "{{random.number(}}": "line 1, column 1: the {{ here is not closed",
            "": "the template is empty",
        }
        for text, words in cases.items():
            done = self.run_cli("stream", "put", stream, "--template", self.template(text), "--count", 1)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)
        endless = self.run_cli("stream", "put", stream, "--template", self.template("x"))
        self.assertEqual(endless.returncode, 2)
        self.assertIn("--template needs --rate, --count or --duration", endless.stderr)

    # ---- endings -----------------------------------------------------------------------------------------------

    def test_ctrl_c_ends_an_endless_put_with_an_honest_summary(self):
        stream = self.new_stream()
        process = self.start(
            "stream", "put", stream, "--template", self.template("{{record.number}}"), "--rate", 500, "--json"
        )
        wait_for("the first records", lambda: self.raw(stream, "--limit", 1))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (130, ""))
        self.assertEqual(json.loads(out)["records"], len(self.raw(stream)))

    def test_ctrl_c_ends_a_put_that_waits_for_input(self):
        stream = self.new_stream()
        process = self.start("stream", "put", stream, stdin=subprocess.PIPE)
        process.stdin.write("only\n")
        process.stdin.flush()
        wait_for("the line", lambda: self.raw(stream) == ["only"])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertIn("put 1 record ", process.stdout.read())

    def test_a_reader_that_goes_away_ends_a_get_quietly(self):
        stream = self.new_stream()
        self.put(stream, ["x" * 100] * 20000)
        process = self.start("stream", "get", stream)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.stderr.read(), "")
        self.assertEqual(process.wait(timeout=60), -signal.SIGPIPE)

    def test_a_full_disk_behind_stdout_is_said(self):
        stream = self.new_stream()
        self.put(stream, ["x"])
        with open("/dev/full", "w") as full:
            done = self.run_cli("stream", "get", stream, capture_output=False, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "shardmill: cannot write to standard output: No space left on device\n")

    # ---- tail --------------------------------------------------------------------------------------------------

    def test_tail_follows_splits_and_merges_and_keeps_the_order_of_keys(self):
        stream = self.new_stream(2)
        process = self.start("stream", "tail", stream, "--from", "start", "--json", "--limit", 800)
        number = 0

        def put(count):
            nonlocal number
            lines = [json.dumps({"k": f"k{n % 20}", "n": n}) for n in range(number, number + count)]
            number += count
            self.put(stream, lines, "--key-field", "k")

        put(200)
        self.ok("stream", "split", stream, 0)
        put(200)
        self.ok("stream", "merge", stream, 3, 1)
        put(200)
        self.ok("stream", "split", stream, 4)
        put(200)
        out, err = process.communicate(timeout=120)
        self.assertEqual((process.returncode, err), (0, ""))
        last, seen = {}, set()
        for line in out.splitlines():
            record = json.loads(line)
            value = json.loads(record["data"])
            self.assertGreater(value["n"], last.get(value["k"], -1))
            last[value["k"]] = value["n"]
            seen.add(value["n"])
        self.assertEqual(seen, set(range(800)))

    def test_tail_begins_with_what_comes(self):
        stream = self.new_stream()
        self.put(stream, ["old"])
        process = self.start("stream", "tail", stream, "--raw", "--limit", 1)
        feeder = self.start("stream", "put", stream, "--template", self.template("new"), "--rate", 50)
        out, err = process.communicate(timeout=60)
        self.end(feeder)
        self.assertEqual((process.returncode, out, err), (0, "new\n", ""))


class ServerThatGoesAway(unittest.TestCase):
    def test_a_put_says_that_the_connection_was_lost(self):
        with Server() as server:
            server.cli("stream", "create", "s")
            environment = os.environ | {"AWS_ENDPOINT_URL": server.url}
            with tempfile.NamedTemporaryFile("w") as template:
                template.write("{{random.uuid}}")
                template.flush()
                process = subprocess.Popen(
                    [binary(), "stream", "put", "s", "--template", template.name, "--rate", "2000"],
                    env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                )
                wait_for("records", lambda: server.cli("stream", "get", "s", "--limit", "1").stdout)
                server.kill()
                out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1)
            self.assertIn("shardmill: lost the connection", err)
            self.assertIn("put ", out)

    def test_every_command_says_what_to_do_when_nobody_is_there(self):
        for command in (["list"], ["create", "s"], ["get", "s"], ["tail", "s"], ["put", "s"], ["describe", "s"],
                        ["split", "s", "0"], ["merge", "s", "0", "1"], ["delete", "s"]):
            done = run_cli("stream", *command, "--endpoint", "http://127.0.0.1:1", input="")
            self.assertEqual(done.returncode, 1, command)
            self.assertEqual(
                done.stderr,
                "shardmill: cannot reach http://127.0.0.1:1: connection refused; is `shardmill serve` running?\n",
            )


if __name__ == "__main__":
    unittest.main()
