"""What a newcomer does to the command line: mistypes, missing files, odd terminals."""

import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.shardmill import Server, binary, run_cli


def commands_of(help_text):
    block = re.search(r"\nCommands:\n((?:  .*\n)*)", help_text)
    return re.findall(r"^  (\S+)", block[1], re.M) if block else []


class Usage(unittest.TestCase):
    def test_every_command_has_help_with_an_example(self):
        queue, seen = [[]], 0
        while queue:
            path = queue.pop()
            done = run_cli(*path, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)
            self.assertIn("Examples:\n  ", done.stdout, path)
            queue += [path + [name] for name in commands_of(done.stdout)]
            seen += 1
        self.assertGreater(seen, 20)

    def test_mistypes_get_the_nearest_word_and_exit_code_2(self):
        cases = {
            ("strem", "list"): '"strem" is not a command of `shardmill`; did you mean "stream"?',
            ("stream", "lst"): '"lst" is not a command of `shardmill stream`; did you mean "list"?',
            ("stream", "list", "--jsn"): '"--jsn" is not an option of `shardmill stream list`; did you mean "--json"?',
            ("serve", "--lisen", "x"): '"--lisen" is not an option of `shardmill serve`; did you mean "--listen"?',
            ("event", "kinesis", "--data"): "--data",
            ("stream", "create"): "STREAM is required",
            ("new",): "NAME is required",
            (): "`shardmill` needs a command: serve,",
        }
        for arguments, words in cases.items():
            done = run_cli(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(words, done.stderr)
            self.assertIn("--help`.", done.stderr)

    def test_files_that_cannot_be_read_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            for option in (["nothing.txt"], ["--template", "nothing.txt", "--count", "1"]):
                done = run_cli("stream", "put", "s", *option, cwd=folder)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr, "shardmill: cannot read nothing.txt: No such file or directory\n")
            done = run_cli("stream", "put", "s", folder)
            self.assertEqual((done.returncode, done.stderr), (2, f"shardmill: {folder} is a folder, wanted a file\n"))

    def test_an_endpoint_that_is_none_is_refused(self):
        done = run_cli("stream", "list", "--endpoint", "https://127.0.0.1:4566")
        self.assertEqual(done.returncode, 2)
        self.assertIn("https is not spoken here", done.stderr)
        done = run_cli("stream", "list", env=os.environ | {"AWS_ENDPOINT_URL": "nonsense/"[:-1] + "/x"})
        self.assertEqual(done.returncode, 2)
        self.assertIn("in AWS_ENDPOINT_URL", done.stderr)

    def test_new_writes_a_function_and_nothing_over_anything(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run_cli("new", "greet", cwd=folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            written = sorted(p.name for p in (Path(folder) / "greet").iterdir())
            self.assertEqual(written, [".gitignore", "CMakeLists.txt", "README.md", "event.json", "greet.cc",
                                       "greet.json", "greet_test.cc"])
            again = run_cli("new", "greet", cwd=folder)
            self.assertEqual(again.returncode, 1)
            self.assertIn("is there already and not empty", again.stderr)
            for name in ("a/b", "..", "test", "", "ä"):
                self.assertEqual(run_cli("new", name, cwd=folder).returncode, 2, name)
            (Path(folder) / "file").write_text("")
            blocked = run_cli("new", "other", "--dir", "file/below", cwd=folder)
            self.assertEqual(blocked.returncode, 1)
            self.assertIn("cannot make file/below", blocked.stderr)

    def test_a_test_event_is_json_in_awss_form(self):
        event = json.loads(run_cli("event", "kinesis", "--data", "hi", "--partition-key", "k").stdout)
        [record] = event["Records"]
        self.assertEqual(record["eventSource"], "aws:kinesis")
        self.assertEqual((record["kinesis"]["data"], record["kinesis"]["partitionKey"]), ("aGk=", "k"))
        self.assertIsInstance(record["kinesis"]["approximateArrivalTimestamp"], float)
        self.assertEqual(len(json.loads(run_cli("event", "kinesis", "--count", "500").stdout)["Records"]), 500)
        self.assertEqual(run_cli("event", "kinesis", "--count", "10001").returncode, 2)


class Terminal(unittest.TestCase):
    def on_terminal(self, server, *arguments, environment=None):
        """The command's output, typed at a terminal (stdout and stderr)."""
        pid, descriptor = pty.fork()
        if pid == 0:
            os.environ.update({"AWS_ENDPOINT_URL": server.url, "TERM": "xterm", **(environment or {})})
            os.execv(binary(), [binary(), *arguments])
        text = b""
        while True:
            try:
                piece = os.read(descriptor, 65536)
            except OSError:  # the other side is gone
                break
            if not piece:
                break
            text += piece
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, text)
        return text.decode()

    def test_colours_and_progress_are_for_terminals(self):
        with Server() as server, tempfile.NamedTemporaryFile("w") as template:
            template.write("{{record.number}}")
            template.flush()
            server.cli("stream", "create", "s")
            put = ["stream", "put", "s", "--template", template.name, "--rate", "200", "--duration", "600ms"]
            self.assertIn("\x1b[32mACTIVE\x1b[0m", self.on_terminal(server, "stream", "list"))
            plain = self.on_terminal(server, "stream", "list", environment={"NO_COLOR": "1"})
            self.assertNotIn("\x1b", plain)
            self.assertNotIn("\x1b", server.cli("stream", "list").stdout)
            progress = self.on_terminal(server, *put)
            self.assertRegex(progress, r"\[=*>? *\] +\d+ %")
            self.assertRegex(progress, r"\r\x1b\[Kput \d+ records")
            piped = server.cli(*put)
            self.assertEqual(piped.stderr, "")
            self.assertNotIn("\x1b", piped.stdout)


class Completion(unittest.TestCase):
    """Simulates what bash does when Tab is pressed."""

    def complete(self, line, endpoint="http://127.0.0.1:1", folder="/"):
        script = f"""
            shopt -u compat31
            source <(shardmill completion bash) || exit 3
            complete -p shardmill >/dev/null || exit 4
            compopt() {{ :; }}
            COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=()
            _shardmill
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        with tempfile.TemporaryDirectory() as path:
            os.symlink(binary(), f"{path}/shardmill")
            environment = os.environ | {"PATH": f"{path}:{os.environ['PATH']}", "AWS_ENDPOINT_URL": endpoint}
            done = subprocess.run([shutil.which("bash"), "-u", "-c", script], env=environment, cwd=folder,
                                  capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_commands_options_and_files(self):
        self.assertIn("stream", self.complete("shardmill ''"))
        self.assertEqual(self.complete("shardmill comp"), ["completion"])
        self.assertEqual(self.complete("shardmill stream sp"), ["split"])
        self.assertEqual(self.complete("shardmill completion ''"), ["bash"])
        self.assertEqual(self.complete("shardmill stream put s --te"), ["--template"])
        self.assertEqual(self.complete("shardmill stream put s --key-field ''"), [])
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "clicks.jsonl").touch()
            (Path(folder) / "below").mkdir()
            self.assertEqual(self.complete("shardmill stream put s cl", folder=folder), ["clicks.jsonl"])
            self.assertEqual(self.complete("shardmill stream put --key-field f s cl", folder=folder), ["clicks.jsonl"])
            self.assertEqual(self.complete("shardmill stream put s --template cl", folder=folder), ["clicks.jsonl"])
            self.assertEqual(self.complete("shardmill new x --dir ''", folder=folder), ["below"])

    def test_names_of_streams_come_from_the_server(self):
        with Server() as server:
            server.cli("stream", "create", "plays")
            server.cli("stream", "create", "players")
            server.cli("stream", "create", "visits")
            self.assertEqual(sorted(self.complete("shardmill stream get pl", server.url)), ["players", "plays"])
            self.assertEqual(self.complete("shardmill stream put --key-field f v", server.url), ["visits"])
        self.assertEqual(self.complete("shardmill stream get pl"), [])


if __name__ == "__main__":
    unittest.main()
