"""dispatch: stored records drained by a function that does nothing, in isolated workers, checkpoints durable."""

from driver.drain import BATCH, RECORD, SHARDS, drain, store
from driver.figures import Figure
from driver.machine import median, scratch, tool
from driver.runtime import Runtime


def run(options):
    total = options.scale(5_000_000, 4_000)
    rates, reads, copies = [], [], []
    with scratch(options, gigabytes=8) as folder, Runtime(folder) as server:
        store(server, "stored", total)
        for round in range(options.rounds(3)):
            rates.append(drain(server, "noop", f"noop{round}", "stored", total))
            copies.append(tool("shardmill_peers", "memcpy", "--total", total * RECORD, "--group", BATCH * RECORD))
        server.stop()
        for _ in range(options.rounds(3)):
            reads.append(tool("shardmill_store_alone", "read", "--data", server.data, "--stream", "stored"))
    rate = median(rates)
    read = median(read["records_per_s"] for read in reads)
    copy = median(copy["bytes_per_s"] for copy in copies) / RECORD
    return [
        Figure("dispatch", rate, "records/s", f"store read-back, {SHARDS} shards in turn: {read:,.0f} records/s", rate / read,
               at_least=2_000_000),
        Figure("dispatch", rate, "records/s", f"memcpy: {copy:,.0f} records/s", rate / copy),
    ]  # fmt: skip
