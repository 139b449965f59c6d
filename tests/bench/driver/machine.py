"""The machine that a bench runs on: its programs, its disk, its load, and what a process takes of it."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
BUILD = Path(os.environ.get("SHARDMILL_BENCH_BUILD", ROOT / "build" / "release"))
WORK = ROOT / "build" / "bench"  # peers are installed and data is written here: on the disk of the checkout
BINARY = BUILD / "shardmill"
BUSY = 0.3  # cores taken by others: worth a word beside the figures


class Trouble(Exception):
    """A bench that cannot go on; the text says why."""


def build():
    say("building the release")
    run_quietly(["cmake", "--preset", "release"], cwd=ROOT)
    run_quietly(["ninja", "-C", str(BUILD), "shardmill", "shardmill_bench"], cwd=ROOT)


def run_quietly(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def tool(name, *arguments, seconds=600):
    """Runs one of our measuring programs; the JSON it prints."""
    command = [str(BUILD / "tests" / "bench" / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def load(kind, server, stream, total, **options):
    """The load generator against a server (anything with a url)."""
    extra = [word for name, value in options.items() for word in (f"--{name}", value)]
    return tool("shardmill_load", kind, "--endpoint", server.url, "--stream", stream, "--total", total, *extra)


@contextmanager
def scratch(options, gigabytes):
    """A fresh folder on a real disk with that much space, gone afterwards."""
    WORK.mkdir(parents=True, exist_ok=True)
    if not options.smoke:
        check_disk(gigabytes)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=WORK))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_disk(gigabytes):
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(WORK)], capture_output=True, text=True, check=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        raise Trouble(f"{WORK} is on {kind}: an fsync there says nothing about a disk; check out on a real disk")
    free = shutil.disk_usage(WORK).free / 1e9
    if free < gigabytes:
        raise Trouble(f"{WORK} has {free:.1f} GB free; this bench needs {gigabytes} GB")


def wait_until(what, condition, seconds=120.0, interval=0.02):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Trouble(f"waited {seconds:.0f} s for {what}")
        time.sleep(interval)


def cpu_times():
    """How long the cores of the machine have been busy so far, in seconds of one core."""
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")  # without idle and iowait


def wait_for_quiet(patience=60.0):
    """Returns when nothing else wants the cores, or when patience is over."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        before, start = cpu_times(), time.monotonic()
        time.sleep(1.0)
        if (cpu_times() - before) / (time.monotonic() - start) < BUSY:
            return
    say("the machine is busy with other things")


def own_cpu():
    """CPU seconds of this process and of all its descendants that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def process_cpu(pid):
    """CPU seconds that the process has used, its threads included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def process_pss(pid):
    """Bytes of memory, shared pages counted by their share; the resident size if the kernel does not tell."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def median(values):
    return statistics.median(values)


def describe():
    """One line about the machine, for the page of figures."""
    model = next((l.split(":", 1)[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in l), "?")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1e6
    return f"{os.cpu_count()} x {model}, {memory:.0f} GB, Linux {os.uname().release}"
