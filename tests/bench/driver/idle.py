"""idle: what ten thousand shards with a trigger cost while nothing happens."""

import time

from driver.figures import Figure
from driver.machine import load, scratch, wait_until
from driver.runtime import Runtime


def run(options):
    shards, seconds = options.scale(10_000, 100), options.scale(30, 1)
    with scratch(options, gigabytes=2) as folder, Runtime(folder) as server:
        server.kinesis(timeout=120).create_stream("quiet", shards)
        server.run_function("noop", "quiet")
        wait_until("the lanes", lambda: len((server.function("noop") or {}).get("lanes", [])) == shards, interval=1.0)
        # Lanes that have worked once: their workers are there, their buffers have grown.
        records = options.scale(20_000, 500)
        load("many", server, "quiet", records)
        server.wait_settled("noop", records, interval=1.0)
        time.sleep(options.scale(10, 1))
        before, start = server.cpu(), time.monotonic()
        time.sleep(seconds)
        share = (server.cpu() - before) / (time.monotonic() - start)
        memory = server.memory()
    return [
        Figure("idle cpu", 100 * share, "% of a core", at_most=1),
        Figure("idle memory", memory / 1e6, "MB", at_most=200),
    ]
