"""Start, stop and kill the real `shardmill serve` in tests.

    with Server(functions={"relay": {"Triggers": [...], "Outputs": ["out"]}}) as server:
        client = server.kinesis()          # support/kinesis.py; or server.url for boto3 and the AWS CLI
        server.kill()                      # SIGKILL
        server.start()                     # again, on the same data
        assert server.stop() == 0          # SIGTERM; the exit code

A Server owns a fresh directory under $TMPDIR (or uses `root`), with functions/ in it, listens on a free port of
127.0.0.1, and leaves nothing behind: neither processes nor files, unless the test failed (then the path is printed).
`functions` maps a name to the content of NAME.json (or None); the code comes from the test functions of the build
(tests/fixtures/functions), or from `code={"name": "/path/to.so"}`. server.deploy() and server.undeploy() do the same
later on. server.log() is what the runtime wrote to stderr so far; all its runs append to one file.

Helpers: wait_for(what, condition), run_cli(args...), test_function(name), shipped_function(name), seed(), sanitized().
What the build passes in the environment: SHARDMILL_BIN, SHARDMILL_FUNCTIONS, SHARDMILL_TEST_FUNCTIONS,
SHARDMILL_SANITIZE. A test that the machine cannot run says why and calls skip().
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from support.kinesis import Kinesis

SKIP_EXIT_CODE = 77  # known to ctest


def binary():
    return os.environ["SHARDMILL_BIN"]


def shipped_function(name):
    return Path(os.environ["SHARDMILL_FUNCTIONS"]) / f"{name}.so"


def test_function(name):
    return Path(os.environ["SHARDMILL_TEST_FUNCTIONS"]) / f"{name}.so"


def sanitized():
    """True for a build that runs several times slower."""
    return bool(os.environ.get("SHARDMILL_SANITIZE"))


def skip(why):
    print(f"skipped: {why}", flush=True)
    sys.exit(SKIP_EXIT_CODE)


def seed():
    """The seed of this run, printed; SHARDMILL_SEED repeats a run."""
    value = int(os.environ.get("SHARDMILL_SEED", "0")) or random.SystemRandom().getrandbits(32)
    print(f"seed: SHARDMILL_SEED={value}", flush=True)
    return value


def wait_for(what, condition, seconds=30.0, interval=0.01):
    """Returns condition()'s first true value. The time is only a bound for a test that would hang."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(interval)


def run_cli(*arguments, **options):
    """One `shardmill ...` command to its end: a CompletedProcess with text output."""
    options = {"capture_output": True, "text": True, "timeout": 120, "check": False} | options
    return subprocess.run([binary(), *map(str, arguments)], **options)


class Server:
    def __init__(self, functions=None, code=None, settings=None, root=None, arguments=(), wrapper=(), environment=None):
        """`wrapper`: words in front of the command (strace ...). `environment`: variables added to the inherited."""
        self.owns_root = root is None
        self.root = Path(root) if root else Path(tempfile.mkdtemp(prefix="shardmill-test-"))
        self.functions = self.root / "functions"
        self.data = self.root / "data"
        self.arguments = list(map(str, arguments))
        self.wrapper = list(map(str, wrapper))
        self.environment = environment or {}
        self.process = None
        self.port = None
        self.output = []  # lines of stdout of the current run
        self._heard = threading.Condition()
        self._listener = None
        self._log_path = self.root / "serve.log"
        self.functions.mkdir(parents=True, exist_ok=True)
        if settings is not None:
            (self.root / "shardmill.json").write_text(json.dumps(settings))
        for name, text in (functions or {}).items():
            self.deploy(name, text, (code or {}).get(name))

    # ---- life --------------------------------------------------------------------------------------------------

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __exit__(self, kind, *_):
        self.kill()
        if kind is not None and kind is not SystemExit:
            print(f"---- end of {self._log_path}", self.log()[-6000:], "----", sep="\n", file=sys.stderr, flush=True)
        elif self.owns_root:
            shutil.rmtree(self.root, ignore_errors=True)

    def start(self, seconds=60.0):
        """Returns when the server is ready; raises AssertionError with its last words if it ends before."""
        self.spawn()
        return self.wait_ready(seconds)

    def spawn(self):
        """Starts the process without waiting for it."""
        assert self.process is None, "the server runs already"
        command = [*self.wrapper, binary(), "serve", str(self.root), "--listen", "127.0.0.1:0", *self.arguments]
        with open(self._log_path, "ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | self.environment,
                start_new_session=True,
            )
        self.port = None
        self.output = []
        self._listener = threading.Thread(target=self._listen, args=(self.process.stdout, self.output), daemon=True)
        self._listener.start()

    def _listen(self, stream, lines):
        for raw in stream:
            line = raw.decode(errors="replace").rstrip("\n")
            with self._heard:
                lines.append(line)
                if found := re.search(r"listening on http://[^:/]+:(\d+)", line):
                    self.port = int(found.group(1))
                self._heard.notify_all()
        stream.close()
        with self._heard:
            lines.append(None)
            self._heard.notify_all()

    def wait_ready(self, seconds=60.0):
        with self._heard:
            lines = self.output
            self._heard.wait_for(lambda: self.port or None in lines, seconds)
        if self.port is None:
            self.kill()
            raise AssertionError(f"the server did not get ready; its last words:\n{self.log()[-3000:]}")
        return self

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        """SIGKILL; returns when it is reaped. Harmless when it does not run."""
        if self.process is None:
            return
        if self.wrapper:  # the server is a child of the wrapper: both are in this session's group
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.kill()
        self.wait()

    def stop(self, seconds=60.0):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds=60.0):
        """Waits for the process to end by itself; its exit code (negative: the signal)."""
        code = self.process.wait(seconds)
        self.process = None
        self._listener.join(seconds)
        return code

    def running(self):
        return self.process is not None and self.process.poll() is None

    # ---- its parts ---------------------------------------------------------------------------------------------

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def kinesis(self, timeout=30.0):
        return Kinesis("127.0.0.1", self.port, timeout)

    def cli(self, *arguments, **options):
        """run_cli against this server."""
        environment = os.environ | {"AWS_ENDPOINT_URL": self.url}
        return run_cli(*arguments, **({"env": environment} | options))

    def log(self):
        try:
            return self._log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def deploy(self, name, settings=None, code=None):
        """Drops NAME.json and NAME.so into the folder, each whole at once. `code`: another .so than the test function."""
        if settings is not None:
            self._drop(self.functions / f"{name}.json", json.dumps(settings).encode())
        self._drop(self.functions / f"{name}.so", Path(code or test_function(name)).read_bytes())

    def undeploy(self, name):
        (self.functions / f"{name}.so").unlink(missing_ok=True)
        (self.functions / f"{name}.json").unlink(missing_ok=True)

    def _drop(self, path, content):
        beside = self.root / f".{path.name}.new"
        beside.write_bytes(content)
        os.replace(beside, path)

    def children(self):
        """Process ids of all descendants right now."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = Path(f"/proc/{entry}/stat").read_text()
                except OSError:
                    continue
                fields = stat.rpartition(")")[2].split()
                if fields[0] not in "ZX":
                    parents.setdefault(int(fields[1]), []).append(int(entry))
        found, queue = [], [self.pid]
        while queue:
            below = parents.get(queue.pop(), [])
            found += below
            queue += below
        return found
