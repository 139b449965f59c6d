"""relay: each stored record emitted to a second stream, outputs and checkpoint settled in one transaction."""

from driver.drain import BATCH, RECORD, SHARDS, drain, store
from driver.figures import Figure
from driver.machine import Trouble, median, scratch, tool
from driver.runtime import Runtime


def run(options):
    total = options.scale(2_000_000, 4_000)
    rounds = options.rounds(3)
    rates, raw = [], []
    with scratch(options, gigabytes=8) as folder, Runtime(folder) as server:
        server.kinesis().create_stream("relayed", SHARDS)
        store(server, "stored", total)
        for round in range(rounds):
            rates.append(drain(server, "relay", f"relay{round}", "stored", total, ["relayed"]))
            peer = tool("shardmill_peers", "append", "--folder", folder, "--total", total * RECORD, "--group", BATCH * RECORD)
            raw.append(peer["bytes_per_s"] / RECORD)
        server.stop()
        relayed = tool("shardmill_store_alone", "read", "--data", server.data, "--stream", "relayed")["records"]
        if relayed != total * rounds:
            raise Trouble(f"relay: {relayed} records arrived where {total * rounds} were sent: not exactly once")
    rate, other = median(rates), median(raw)
    return [Figure("relay", rate, "records/s", f"raw write+fdatasync, {BATCH * RECORD // 1000} kB groups: {other:,.0f} records/s",
                   rate / other, at_least=500_000)]  # fmt: skip
