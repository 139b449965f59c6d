"""deploy: from the copying of a new .so into the folder to the first invocation that runs it, under load."""

import subprocess
import time

from driver.figures import Figure
from driver.machine import BUILD, Trouble, median, say, scratch
from driver.runtime import Runtime, code

RATE = 500  # records a second
FIRST = b"BENCH-VERSION-0000000000"


def run(options):
    rounds = options.scale(15, 2)
    with scratch(options, gigabytes=2) as folder, Runtime(folder) as server:
        kinesis = server.kinesis()
        kinesis.create_stream("ticks", 1)
        kinesis.create_stream("versions", 1)
        server.run_function("versioned", "ticks", ["versions"])
        with Ticks(server):
            seen = Versions(kinesis)
            seen.wait_for(FIRST)
            taken = []
            for number in range(1, rounds + 1):
                time.sleep(0.7)
                version = b"BENCH-VERSION-%010d" % number
                binary = code("versioned").read_bytes().replace(FIRST, version)
                start = time.monotonic_ns()
                (server.functions / "versioned.so").write_bytes(binary)  # as cp does: in place, not whole at once
                taken.append((seen.wait_for(version) - start) / 1e6)
    say(f"deploy: {', '.join(f'{ms:.0f}' for ms in taken)} ms")
    return [Figure("deploy", median(taken), "ms", f"slowest of {rounds}: {max(taken):.0f} ms", median(taken) / max(taken),
                   at_most=300)]  # fmt: skip


class Ticks:
    """A steady trickle of records, from a process of its own."""

    def __init__(self, server):
        self.command = [BUILD / "tests" / "bench" / "shardmill_load", "evenly", "--endpoint", server.url, "--stream", "ticks",
                        "--total", "1000000", "--rate", str(RATE), "--connections", "1000"]  # fmt: skip

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Versions:
    """Which versions were entered, and when first: read from what the function emits."""

    def __init__(self, kinesis):
        self.kinesis = kinesis
        self.shard = kinesis.shards("versions")[0]["ShardId"]
        self.last = None
        self.entered = {}

    def wait_for(self, version):
        """Monotonic nanoseconds of its first invocation."""
        end = time.monotonic() + 30
        while version not in self.entered:
            if time.monotonic() > end:
                raise Trouble(f"no invocation on {version.decode()} within 30 s")
            for record in self.kinesis.read_shard("versions", self.shard, after=self.last):
                self.last = record.sequence
                name, when = record.data.split()
                self.entered.setdefault(name, int(when))
            time.sleep(0.02)
        return self.entered[version]
