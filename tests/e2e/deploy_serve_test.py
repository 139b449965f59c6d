"""The life of `shardmill serve`: how it starts, what keeps it from starting, and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from support import oracle
from support.shardmill import Server, binary, run_cli, wait_for

RELAY = {"Outputs": ["out"], "Triggers": [{"Stream": "in"}]}
STREAMS = {"Streams": {"in": {"Shards": 2}, "out": {}}}


class StartTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="shardmill-test-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def refused(self, code, *arguments):
        """The one complaint of a server that does not start."""
        done = run_cli("serve", self.root, *arguments, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("shardmill: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        return done.stderr[done.stderr.index("shardmill: ") + len("shardmill: ") :].rstrip("\n")

    def test_an_empty_folder_is_enough(self):
        with Server(root=self.root) as server:
            self.assertEqual(server.output, [f"listening on http://127.0.0.1:{server.port}"])
            self.assertTrue((self.root / "functions").is_dir())
            self.assertTrue((self.root / "data").is_dir())
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=30) as answer:
                self.assertEqual(answer.status, 200)

    def test_streams_of_the_settings_are_created_once(self):
        settings = {"RetentionHours": 72, "Streams": {"clicks": {"Shards": 3, "RetentionHours": 48}}}
        with Server(root=self.root, settings=settings) as server, server.kinesis() as client:
            self.assertEqual(len(client.shards("clicks")), 3)
            summary = client.call("DescribeStreamSummary", StreamName="clicks")["StreamDescriptionSummary"]
            self.assertEqual(summary["RetentionPeriodHours"], 48)
            client.create_stream("later")
            summary = client.call("DescribeStreamSummary", StreamName="later")["StreamDescriptionSummary"]
            self.assertEqual(summary["RetentionPeriodHours"], 72)
            server.stop()
            server.start()
        with Server(root=self.root) as server, server.kinesis() as client:
            self.assertEqual(len(client.shards("clicks")), 3)

    def test_region_and_account_are_in_arns(self):
        settings = {"Region": "eu-west-1", "AccountId": "123456789012", "Streams": {"clicks": {}}}
        with Server(root=self.root, settings=settings) as server, server.kinesis() as client:
            summary = client.call("DescribeStreamSummary", StreamName="clicks")["StreamDescriptionSummary"]
            self.assertEqual(summary["StreamARN"], "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks")

    def test_wrong_settings_are_all_told(self):
        (self.root / "shardmill.json").write_text('{"Prt": 1, "Listen": 5}')
        self.assertEqual(
            self.refused(2),
            "shardmill.json has 2 problems:\n"
            '  Listen: found 5 (number), wanted an IP address of this machine, such as "127.0.0.1"\n'
            '  "Prt" is not known here; did you mean "Port"?',
        )
        (self.root / "shardmill.json").write_text("{")
        self.assertRegex(self.refused(2), r"^shardmill\.json: line 1, column 2: ")

    def test_a_wrong_command_line_is_told(self):
        self.assertEqual(
            self.refused(2, "--listen", "nowhere"),
            '--listen: found "nowhere", wanted ADDRESS:PORT such as 127.0.0.1:4566',
        )
        self.root = self.root / "none"
        self.assertRegex(self.refused(2), r"^there is no folder .*/none: No such file or directory$")

    def test_an_address_that_others_can_reach_needs_keys(self):
        self.assertRegex(self.refused(2, "--listen", "0.0.0.0:0"), r"^Listen: other machines can reach 0\.0\.0\.0, wanted")

    def test_a_port_in_use_is_told(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            said = self.refused(1, "--listen", f"127.0.0.1:{port}")
            self.assertEqual(said, f"Cannot listen on 127.0.0.1:{port}: another program listens there already.")

    def test_an_address_of_another_machine_is_told(self):
        (self.root / "shardmill.json").write_text(
            '{"AccessKeys": [{"AccessKeyId": "a", "SecretAccessKey": "12345678"}]}'
        )
        self.assertIn("192.0.2.1", self.refused(1, "--listen", "192.0.2.1:0"))

    def test_a_data_folder_in_use_is_told(self):
        with Server(root=self.root):
            self.assertRegex(self.refused(1, "--listen", "127.0.0.1:0"), "data.*in use|in use.*data")

    def test_a_file_in_place_of_the_data_folder_is_told(self):
        (self.root / "data").write_text("not a folder")
        self.assertIn(str(self.root / "data"), self.refused(1, "--listen", "127.0.0.1:0"))

    def test_a_read_only_folder_is_told(self):
        if os.geteuid() == 0:
            # To root nothing is forbidden, but it may become someone else.
            self.root.chmod(0o555)
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary(), "serve", self.root]
            done = subprocess.run(
                [*command, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60, check=False
            )
            if "cannot execute" in done.stderr or "failed to execute" in done.stderr:
                self.skipTest("the binary is in a folder of root's")
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertRegex(done.stderr, r"^shardmill: .*data.*Permission denied")
        else:
            self.root.chmod(0o555)
            self.addCleanup(self.root.chmod, 0o755)
            self.assertRegex(self.refused(1, "--listen", "127.0.0.1:0"), "data.*Permission denied")

    def test_json_logs_are_one_object_per_line(self):
        with Server(root=self.root, settings=STREAMS, arguments=["--log-json"], functions={"good": {}}) as server:
            wait_for("the function", lambda: "is live" in server.log())
            server.stop()
            lines = [json.loads(line) for line in server.log().splitlines()]
            self.assertTrue(all({"time", "level", "message"} <= line.keys() for line in lines))


class FilesTest(unittest.TestCase):
    def look(self, server, path):
        with server.kinesis() as client:
            client.put("in", "k", str(path).encode())
        said = wait_for("the look", lambda: re.search(rf"looked at {re.escape(str(path))}: (.*)", server.log()))
        return said[1]

    def test_a_function_reads_what_its_settings_and_the_system_give_and_nothing_of_the_server(self):
        with tempfile.TemporaryDirectory() as models:
            (Path(models) / "one").write_text("1")
            function = {"Triggers": [{"Stream": "in"}], "ReadPaths": [models]}
            with Server(settings=STREAMS, functions={"looker": function}) as server:
                self.assertEqual(self.look(server, "/etc/hosts"), "allowed")
                self.assertEqual(self.look(server, Path(models) / "one"), "allowed")
                if "file access rules (Landlock)" in server.log():
                    return  # this machine has none, and the server says so
                for path in ("data", "data/deployments", "functions/looker.json", "shardmill.json"):
                    self.assertEqual(self.look(server, server.root.resolve() / path), "Permission denied", path)

    def test_a_functions_temp_folder_is_emptied_when_the_server_starts(self):
        with Server(settings=STREAMS, functions={"looker": {"Triggers": [{"Stream": "in"}]}}) as server:
            left = server.data / "temp" / "looker" / "left"
            wait_for("the function", lambda: left.parent.is_dir())
            left.write_text("x")
            self.assertEqual(self.look(server, left.resolve()), "allowed")
            self.assertEqual(server.stop(), 0)
            server.start()
            wait_for("the function", left.parent.is_dir)
            self.assertFalse(left.exists())


class StopTest(unittest.TestCase):
    def put(self, client, count):
        for first in range(0, count, 500):
            client.put_many("in", [(f"key{n % 7}", f"p.{n}|data".encode()) for n in range(first, first + 500)])

    def check(self, server, count):
        with server.kinesis() as client:
            wait_for("all outputs", lambda: len(client.read_shard("out", "shardId-000000000000")) >= count, seconds=60)
            self.assertEqual(list(oracle.check_outputs(client.read_all("in"), client.read_all("out"))), [])

    def test_stopping_finishes_batches_in_flight_and_leaves_with_zero(self):
        for signal_number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with Server(settings=STREAMS, functions={"crash_relay": RELAY}) as server:
                wait_for("the function", lambda: "is live" in server.log())
                with server.kinesis() as client:
                    self.put(client, 5000)
                server.process.send_signal(signal_number)
                self.assertEqual(server.wait(), 0)
                self.assertIn("stopped", server.log())
                self.assertNotIn("ERROR", server.log().upper())
                server.start()
                self.check(server, 5000)

    def test_stopping_does_not_wait_for_those_who_follow_a_log(self):
        # A request that is still on its way when the server stops is not answered: then it is done once more.
        answers = (self.stop_with_a_follower() for _ in range(5))
        self.assertIn(b'"lines":[]', next(filter(None, answers), b"no answer"))

    def stop_with_a_follower(self):
        ask = b"GET /_shardmill/functions/good/logs?after=999&wait=%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with Server(functions={"good": {}}) as server:
            wait_for("the function", lambda: "is live" in server.log())
            with socket.create_connection(("127.0.0.1", server.port)) as follower:
                follower.sendall(ask % 0 + ask % 20)
                self.assertIn(b'"lines":[]', follower.recv(65536))
                begin = time.monotonic()
                self.assertEqual(server.stop(), 0)
                self.assertLess(time.monotonic() - begin, 15)
                return follower.recv(65536)

    def test_a_batch_that_does_not_end_is_given_up(self):
        settings = STREAMS | {"StopTimeout": 1}
        function = {"Timeout": 900, "Triggers": [{"Stream": "in"}], "Environment": {"ORPHAN_MODE": "hang"}}
        with Server(settings=settings, functions={"orphan_maker": function}) as server:
            with server.kinesis() as client:
                client.put("in", "k", b"x")
            wait_for("the batch", lambda: "ready hang" in server.log())
            self.assertEqual(server.stop(), 1)
            self.assertIn("some batches were still in flight", server.log())
            # It ended in good order all the same: nothing was left behind that a sanitized build would report.
            self.assertRegex(server.log(), r"info +stopped\n")
            self.assertNotIn("Sanitizer", server.log())

    def test_an_inline_function_that_does_not_return_is_given_up(self):
        settings = STREAMS | {"StopTimeout": 1}
        function = {"Timeout": 900, "Isolation": "inline", "Triggers": [{"Stream": "in"}]}
        with Server(settings=settings, functions={"orphan_maker": function}) as server:
            with server.kinesis() as client:
                client.put("in", "k", b"x")
            wait_for("the batch", lambda: "ready" in server.log())
            self.assertEqual(server.stop(), 1)
            self.assertIn("some batches were still in flight", server.log())

    def test_a_second_signal_ends_it_at_once(self):
        function = {"Timeout": 900, "Triggers": [{"Stream": "in"}], "Environment": {"ORPHAN_MODE": "hang"}}
        with Server(settings=STREAMS, functions={"orphan_maker": function}) as server:
            with server.kinesis() as client:
                client.put("in", "k", b"x")
            wait_for("the batch", lambda: "ready hang" in server.log())
            server.process.send_signal(signal.SIGTERM)
            wait_for("the first signal to be heard", lambda: "once more ends at once" in server.log())
            wait_for("the second signal to end it", lambda: self.insist(server))
            self.assertEqual(server.wait(), -signal.SIGTERM)

    def insist(self, server):
        if server.running():
            server.process.send_signal(signal.SIGTERM)
        return not server.running()

    def test_after_a_kill_it_goes_on_where_it_was(self):
        with Server(settings=STREAMS, functions={"crash_relay": RELAY}) as server:
            for _ in range(3):
                with server.kinesis() as client:
                    self.put(client, 1000)
                server.kill()
                server.start()
            self.check(server, 3000)


if __name__ == "__main__":
    unittest.main()
