"""A `shardmill serve` of its own for one bench, and what it tells of itself."""

import json
import os
import sys
import urllib.error
import urllib.request

from driver.machine import BINARY, BUILD, ROOT, Trouble, process_cpu, process_pss, wait_until

sys.path.insert(0, str(ROOT / "tests" / "e2e"))
os.environ.setdefault("SHARDMILL_BIN", str(BINARY))

from support.shardmill import Server  # noqa: E402


def code(name):
    """The bench function of that name, compiled."""
    return BUILD / "tests" / "bench" / "functions" / f"{name}.so"


class Runtime(Server):
    """with Runtime(folder) as server: ...; everything of it lies in `folder`, which somebody else removes."""

    def __init__(self, folder, name="serve", **options):
        super().__init__(root=folder / name, **options)

    def run_function(self, name, stream, outputs=(), so=None, **trigger):
        """Drops a bench function in (`so` if its file has another name), triggered by `stream` from its oldest record."""
        settings = {
            "Outputs": list(outputs),
            "Triggers": [{"Stream": stream, "StartingPosition": "TRIM_HORIZON", **trigger}],
        }
        self.deploy(name, settings, code(so or name))

    def function(self, name):
        """What `shardmill status` says of the function; None before the server knows it."""
        try:
            with urllib.request.urlopen(f"{self.url}/_shardmill/functions/{name}", timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code == 404:
                return None
            raise

    def commit_groups(self):
        """How many groups of commits the server has fsynced since it started."""
        with urllib.request.urlopen(f"{self.url}/_shardmill/status", timeout=30) as answer:
            return json.load(answer)["server"]["commitGroups"]

    def settled(self, name):
        """How many records the function has settled since the server started."""
        function = self.function(name)
        return function["records"] if function else 0

    def wait_settled(self, name, records, seconds=120.0, interval=0.02):
        wait_until(f"{name} to settle {records} records", lambda: self.settled(name) >= records, seconds, interval)

    def processes(self):
        return [self.pid, *self.children()]

    def cpu(self):
        """CPU seconds used so far by the server and its workers."""
        return sum(process_cpu(pid) for pid in self.processes())

    def memory(self):
        """Bytes, of the server and its workers."""
        return sum(process_pss(pid) for pid in self.processes())

    def restart(self):
        """Ends it in order and starts it again on the same data."""
        if self.stop() != 0:
            raise Trouble(f"serve did not end in order; its last words:\n{self.log()[-2000:]}")
        self.start()
