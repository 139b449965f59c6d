"""Functions come, change and go while the server runs: what lies in functions/ is what runs, and nothing is lost,
repeated or disordered by it."""

import json
import os
import threading
import unittest
import urllib.request
from pathlib import Path

from support import oracle
from support.shardmill import Server, test_function, wait_for

RELAY = {"Outputs": ["out"], "Triggers": [{"Stream": "in", "BatchSize": 50}]}
STREAMS = {"Streams": {"in": {"Shards": 2}, "out": {}}}


def status_of(server, name):
    with urllib.request.urlopen(f"{server.url}/_shardmill/status", timeout=30) as answer:
        functions = json.load(answer)["functions"]
    return next((function for function in functions if function["name"] == name), None)


def wait_state(server, name, state, problem=""):
    def reached():
        status = status_of(server, name)
        return status if status and status["state"] == state and problem in status["problem"] else None

    return wait_for(f"{name} to be {state}", reached)


def another_version(name):
    """The same code under another hash: what follows the tables of a library does not count."""
    content = test_function(name).read_bytes()
    return lambda number: content + str(number).encode()


class LiveTest(unittest.TestCase):
    def put(self, client, count, start=0):
        for first in range(start, start + count, 100):
            numbers = range(first, min(first + 100, start + count))
            client.put_many("in", [(f"key{n % 7}", f"p.{n}|data".encode()) for n in numbers])

    def relayed(self, client):
        """How many records have come out; fails on any that is lost in between, doubled or out of order."""
        findings = list(oracle.check_outputs(client.read_all("in"), client.read_all("out")))
        self.assertEqual(findings, [])

    def wait_all_relayed(self, client, count):
        wait_for("all outputs", lambda: len(client.read_shard("out", "shardId-000000000000")) >= count, seconds=60)
        self.relayed(client)

    def test_a_dropped_library_runs_at_once_and_ends_when_it_is_removed(self):
        with Server(settings=STREAMS) as server, server.kinesis() as client:
            self.put(client, 100)
            server.deploy("crash_relay", RELAY)
            self.wait_all_relayed(client, 100)
            self.assertEqual(status_of(server, "crash_relay")["state"], "live")
            server.undeploy("crash_relay")
            wait_for("the function to be gone", lambda: status_of(server, "crash_relay") is None)
            self.put(client, 100, start=100)
            server.deploy("crash_relay", RELAY)  # goes on where it was
            self.wait_all_relayed(client, 200)

    def test_versions_switch_under_load_without_losing_or_repeating_a_batch(self):
        with Server(settings=STREAMS) as server, server.kinesis() as client:
            version = another_version("crash_relay")
            server.deploy("crash_relay", RELAY)
            live = wait_state(server, "crash_relay", "live")["version"]
            done = threading.Event()
            sent = 0

            def produce():
                nonlocal sent
                with server.kinesis() as producer:
                    while not done.is_set():
                        self.put(producer, 100, start=sent)
                        sent += 100

            producer = threading.Thread(target=produce)
            producer.start()
            try:
                for number in range(8):
                    if number % 2:  # settings alone are a version, too
                        server._drop(
                            server.functions / "crash_relay.json", json.dumps(RELAY | {"Timeout": 5 + number}).encode()
                        )
                    else:  # in place, like cp
                        (server.functions / "crash_relay.so").write_bytes(version(number))
                    before = live
                    live = wait_for(
                        "the next version",
                        lambda: (v := status_of(server, "crash_relay")["version"]) != before and v,
                    )
                    seen = status_of(server, "crash_relay")["records"]
                    wait_for("records on it", lambda: status_of(server, "crash_relay")["records"] > seen)
            finally:
                done.set()
                producer.join()
            self.wait_all_relayed(client, sent)
            self.assertEqual(status_of(server, "crash_relay")["errors"], 0)

    def test_a_broken_library_leaves_the_old_one_live(self):
        with Server(settings=STREAMS, functions={"crash_relay": RELAY}) as server, server.kinesis() as client:
            live = wait_state(server, "crash_relay", "live")["version"]
            library = server.functions / "crash_relay.so"
            for content, problem in (
                (b"#!/bin/sh\n", "the file starts with the bytes 23 21 2f 62, wanted a shared library"),
                (Path("/bin/true").read_bytes(), "found a program, wanted a shared library"),
                (test_function("bad_no_entry").read_bytes(), "found no ABI note of shardmill"),
                (test_function("bad_symbol").read_bytes(), "undefined symbol"),
            ):
                library.write_bytes(content)
                status = wait_state(server, "crash_relay", "outdated", problem)
                self.assertEqual(status["version"], live)
            self.put(client, 100)
            self.wait_all_relayed(client, 100)
            self.assertIn(f"version {live} stays live", server.log())
            server.deploy("crash_relay")
            wait_state(server, "crash_relay", "live")

    def test_a_library_that_fails_in_init_leaves_the_old_one_live(self):
        with Server(settings=STREAMS, functions={"good": {}}) as server:
            live = wait_state(server, "good", "live")["version"]
            for how, problem in (
                ("throw", "no configuration"),
                ("crash", "SIGABRT"),
                ("exit", "exited with code 3"),
                ("memory", "memory"),
            ):
                server.deploy("good", {"Environment": {"BAD_INIT": how}}, test_function("bad_init"))
                status = wait_state(server, "good", "outdated", problem)
                self.assertEqual(status["version"], live)

    def test_half_a_library_is_waited_for(self):
        with Server(settings=STREAMS) as server, server.kinesis() as client:
            (server.functions / "crash_relay.json").write_text(json.dumps(RELAY))
            content = test_function("crash_relay").read_bytes()
            with open(server.functions / "crash_relay.so", "wb", buffering=0) as file:
                for part in range(4):
                    start = part * len(content) // 4
                    file.write(content[start : (part + 1) * len(content) // 4])
                    if part < 3:
                        wait_state(server, "crash_relay", "loading", "waits for the rest of a file")
            wait_state(server, "crash_relay", "live")
            self.put(client, 100)
            self.wait_all_relayed(client, 100)

    def test_half_a_library_that_stays_half_is_refused(self):
        with Server() as server:
            content = test_function("good").read_bytes()
            (server.functions / "good.so").write_bytes(content[: len(content) // 2])
            wait_state(server, "good", "refused", "was it copied in full?")

    def test_bad_settings_are_refused_with_everything_wrong_while_others_run(self):
        with Server(settings=STREAMS, functions={"crash_relay": RELAY, "good": {}}) as server:
            live = wait_state(server, "good", "live")["version"]
            (server.functions / "good.json").write_text(
                """{ // wrong in every way
                "Timeout": 0, "Workers": "two", "Outputs": ["ou"],
                "Triggers": [{"Stream": "in", "BatchSiz": 5}, {"Stream": "inn"}] }"""
            )
            status = wait_state(server, "good", "outdated", "good.json has 5 problems")
            self.assertEqual(
                status["problem"].splitlines()[1:],
                [
                    "  Timeout: found 0 (number), wanted a number from 1 to 900",
                    '  Workers: found "two" (string), wanted a number from 1 to 1,000',
                    '  Triggers[0]: "BatchSiz" is not known here; did you mean "BatchSize"?',
                    '  Outputs[0]: there is no stream "ou"; did you mean "out"?',
                    '  Triggers[1].Stream: there is no stream "inn"; did you mean "in"?',
                ],
            )
            self.assertEqual(status["version"], live)
            with server.kinesis() as client:
                self.put(client, 100)
                self.wait_all_relayed(client, 100)
            shown = server.cli("status").stdout
            self.assertIn('did you mean "BatchSize"?', shown)
            self.assertIn("outdated", shown)
            self.assertIn('did you mean "BatchSize"?', server.log())
            (server.functions / "good.json").write_text('{"Timeout": 5,}')
            wait_state(server, "good", "outdated", "good.json: line 1, column 15")
            (server.functions / "good.json").write_text("{}")
            wait_state(server, "good", "live")

    def test_a_function_waits_for_its_streams(self):
        with Server(functions={"crash_relay": RELAY}) as server, server.kinesis() as client:
            wait_state(server, "crash_relay", "refused", 'Triggers[0].Stream: there is no stream "in"')
            client.create_stream("in")
            wait_state(server, "crash_relay", "refused", 'Outputs[0]: there is no stream "out"')
            client.create_stream("out")
            wait_state(server, "crash_relay", "live")
            self.put(client, 100)
            self.wait_all_relayed(client, 100)

    def test_what_is_no_plain_file_is_refused(self):
        with Server() as server:
            (server.functions / "folder.so").mkdir()
            (server.functions / "link.so").symlink_to(test_function("good"))
            os.mkfifo(server.functions / "pipe.so")
            server.deploy("bad.name", code=test_function("good"))
            wait_state(server, "folder", "refused", "folder.so is a folder, wanted a file")
            wait_state(server, "link", "refused", "link.so is a symbolic link, wanted a file")
            wait_state(server, "pipe", "refused", "pipe.so is a pipe, socket or device, wanted a file")
            wait_state(server, "bad.name", "refused", 'found the name "bad.name"')

    def test_old_copies_of_code_are_removed(self):
        with Server(functions={"good": {}}) as server:
            version = another_version("good")
            wait_state(server, "good", "live")
            for number in range(3):
                before = status_of(server, "good")["version"]
                server._drop(server.functions / "good.so", version(number))
                wait_for("the next version", lambda: status_of(server, "good")["version"] != before)
            wait_for("one copy", lambda: len(list((server.data / "deployments").glob("*.so"))) == 1)

    def test_the_version_before_a_restart_runs_on_while_the_newest_files_are_broken(self):
        with Server(settings=STREAMS, functions={"crash_relay": RELAY}) as server:
            live = wait_state(server, "crash_relay", "live")["version"]
            self.assertEqual(server.stop(), 0)
            (server.functions / "crash_relay.so").write_bytes(b"broken while nobody looked")
            server.start()
            status = wait_state(server, "crash_relay", "outdated", "wanted a shared library")
            self.assertEqual(status["version"], live)
            with server.kinesis() as client:
                self.put(client, 100)
                self.wait_all_relayed(client, 100)

    def test_commands_show_functions(self):
        with Server(settings=STREAMS, functions={"crash_relay": RELAY, "good": {}}) as server:
            wait_state(server, "crash_relay", "live")
            wait_state(server, "good", "live")
            listed = server.cli("function", "list")
            self.assertEqual(listed.returncode, 0)
            self.assertIn("crash_relay", listed.stdout)
            shown = json.loads(server.cli("function", "show", "crash_relay", "--json").stdout)
            self.assertEqual(shown["settings"]["Triggers"][0]["BatchSize"], 50)
            missing = server.cli("function", "show", "crash_rely")
            self.assertEqual(missing.returncode, 1)
            self.assertEqual(
                missing.stderr, 'shardmill: there is no function "crash_rely"; did you mean "crash_relay"?\n'
            )
            self.assertEqual(server.cli("function", "logs", "no/such").returncode, 2)

    def test_logs_of_a_function_are_shown_and_followed(self):
        function = {"Outputs": ["out"], "Triggers": [{"Stream": "in"}]}
        with Server(settings=STREAMS, functions={"good": function}) as server, server.kinesis() as client:
            client.put("in", "k", b"one")
            wait_for("a line", lambda: "1 records of in" in server.cli("function", "logs", "good").stdout)
            url = f"{server.url}/_shardmill/functions/good/logs"
            with urllib.request.urlopen(url, timeout=30) as answer:
                page = json.load(answer)
            heard = []

            def follow():
                with urllib.request.urlopen(f"{url}?after={page['next']}&wait=20", timeout=30) as answer:
                    heard.extend(json.load(answer)["lines"])

            follower = threading.Thread(target=follow)
            follower.start()
            client.put("in", "k", b"two")
            follower.join()
            self.assertIn("1 records of in", heard[0]["text"])
            self.assertEqual(heard[0]["level"], "info")
            self.assertIn("[good ", server.log())


if __name__ == "__main__":
    unittest.main()
