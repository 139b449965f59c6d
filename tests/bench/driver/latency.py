"""latency: single PutRecords at an even rate, from the moment each is sent to the entry of the handler."""

import struct

from driver.figures import Figure
from driver.machine import load, say, scratch, tool
from driver.runtime import Runtime

RATE = 1_000
SHARDS = 4
RECORD = 200
CONNECTIONS = 2_000  # most are idle: a request never waits for an earlier answer, even when the disk stalls

# Published figures of AWS Lambda, milliseconds from PutRecord to the function: polled, and by enhanced fan-out.
LAMBDA = {"p50": (627, 49), "p99": (1_580, 109)}


def run(options):
    warm, total = options.scale(3_000, 100), options.scale(30_000, 400)
    with scratch(options, gigabytes=2) as folder, Runtime(folder) as server:
        kinesis = server.kinesis()
        kinesis.create_stream("puts", SHARDS)
        kinesis.create_stream("latencies", 1)
        server.run_function("latency", "puts", ["latencies"])
        load("evenly", server, "puts", warm, rate=RATE, connections=CONNECTIONS)
        server.wait_settled("latency", warm)
        done = load("evenly", server, "puts", total, rate=RATE, connections=CONNECTIONS)
        say(f"latency: {done}")
        server.wait_settled("latency", warm + total)
        taken = latencies_ms(kinesis)[warm:]
        sync = tool("shardmill_peers", "sync", "--folder", folder, "--count", options.scale(5_000, 100), "--size", RECORD,
                    "--rate", RATE)  # fmt: skip
    taken.sort()
    figures = []
    for name, share, most in (("p50", 0.50, 1.5), ("p99", 0.99, 8.0)):
        value = taken[int(share * (len(taken) - 1))]
        alone = sync[f"{name}_us"] / 1000
        polled, fan_out = LAMBDA[name]
        for beside, other in ((f"fdatasync alone: {alone:.3f} ms", alone), (f"Lambda, polled: {polled} ms", polled),
                              (f"Lambda, enhanced fan-out: {fan_out} ms", fan_out)):  # fmt: skip
            figures.append(Figure(f"latency {name}", value, "ms", beside, value / other, at_most=most))
    return figures


def latencies_ms(kinesis):
    """What the function emitted, in the order of settling."""
    taken = []
    for records in kinesis.read_all("latencies").values():
        for record in records:
            taken += [ns / 1e6 for ns in struct.unpack(f"<{len(record.data) // 8}q", record.data)]
    return taken
