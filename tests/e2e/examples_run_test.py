"""The scripts that a newcomer runs first do what they say and leave nothing behind."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["SHARDMILL_SOURCE"])


class Scripts(unittest.TestCase):
    def run_script(self, *words):
        """The script's output. It works in a folder of its own, which must be empty again afterwards."""
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"TMPDIR": folder, "CI": "true"}
            done = subprocess.run(
                [SOURCE / words[0], *words[1:]], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, check=False, timeout=240,
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(os.listdir(folder), [])
        self.assertEqual(self.servers_in(folder), [])
        return done.stdout

    def servers_in(self, folder):
        lines = []
        for process in Path("/proc").iterdir():
            try:
                command = (process / "cmdline").read_bytes().decode(errors="replace")
            except (OSError, ValueError):
                continue
            if process.name.isdigit() and folder in command:
                lines.append(command)
        return lines

    def test_quickstart_shows_the_functions_output_and_the_status(self):
        text = self.run_script("scripts/quickstart", "--no-build")
        for name in ("Alice", "Bob", "Carol", "Dave"):
            self.assertIn(f"hello, {name}!", text)
        self.assertRegex(text, r"hello +[0-9a-f]{12} +live")

    def test_hello_greets(self):
        self.assertIn("hello, 世界!", self.run_script("examples/hello/run"))

    def test_sessions_counts_every_click_once(self):
        clicks = len((SOURCE / "examples/sessions/clicks.jsonl").read_text().splitlines())
        text = self.run_script("examples/sessions/run")
        self.assertIn(f"the summaries: {clicks} clicks in, {clicks} clicks summed up", text)


if __name__ == "__main__":
    unittest.main()
