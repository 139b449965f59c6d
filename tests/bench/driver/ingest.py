"""ingest: PutRecords of 500 x 200 B over HTTP, each answered after its fsync."""

from driver.figures import Figure
from driver.kinesalite import Kinesalite
from driver.machine import Trouble, load, median, say, scratch, tool
from driver.runtime import Runtime

RECORD = 200
BATCH = 500
SHARDS = 4
CONNECTIONS = 8


def run(options):
    total = options.scale(3_000_000, 5_000)
    ours, raw, groups = [], [], []
    with scratch(options, gigabytes=8) as folder, Runtime(folder) as server:
        server.kinesis().create_stream("ingest", SHARDS)
        put(server, options.scale(500_000, 1_000))  # the store's files have grown
        for _ in range(options.rounds(3)):
            before = server.commit_groups()
            done = put(server, total)
            groups.append(total / (server.commit_groups() - before))
            ours.append(done["records_per_s"])
            raw.append(raw_records_per_s(folder, total, groups[-1]))
            say(f"ingest: {done}, {groups[-1]:.0f} records for each fsync; raw: {raw[-1]:.0f} records/s")
    theirs = kinesalite_records_per_s(options)
    rate, group, disk = median(ours), median(groups), median(raw)
    figures = [
        Figure("ingest", rate, "records/s", f"raw write+fdatasync by {group:,.0f} records: {disk:,.0f} records/s", rate / disk,
               at_least=400_000, ratio_at_least=0.35),
    ]  # fmt: skip
    if theirs is not None:
        figures.append(Figure("ingest", rate, "records/s", f"kinesalite: {theirs:,.0f} records/s", rate / theirs, ratio_at_least=20))
    return figures


def put(server, records):
    return load("many", server, "ingest", records, size=RECORD, batch=BATCH, connections=CONNECTIONS)


def raw_records_per_s(folder, records, group):
    """The records' bytes alone, appended to a file, with an fdatasync after as many as the server had for one."""
    peer = tool("shardmill_peers", "append", "--folder", folder, "--total", records * RECORD, "--group", int(group * RECORD))
    return peer["bytes_per_s"] / RECORD


def kinesalite_records_per_s(options):
    if options.smoke:
        return None  # a test installs nothing
    try:
        with Kinesalite() as peer:
            peer.create_stream("ingest", SHARDS)
            return load("many", peer, "ingest", 40_000, size=RECORD, batch=BATCH)["records_per_s"]
    except Trouble as trouble:
        say(f"ingest: without kinesalite: {trouble}")
        return None
