"""What `dispatch` and `relay` share: records stored first, then drained by a function as fast as it goes."""

import time

from driver.machine import Trouble, load, say

RECORD = 200
BATCH = 10_000
SHARDS = 4


def store(server, stream, records):
    """Puts the records, and restarts the server: nothing of them is in memory any more."""
    server.kinesis().create_stream(stream, SHARDS)
    load("many", server, stream, records, size=RECORD)
    server.restart()


def drain(server, so, name, stream, records, outputs=()):
    """Settled records per second, from the first settled batch seen to the last. A new name begins at the beginning."""
    server.run_function(name, stream, outputs, so=so, BatchSize=BATCH)
    first, since, end = 0, 0.0, time.monotonic() + 300
    while True:
        done, now = server.settled(name), time.monotonic()
        if done > 0 and first == 0:
            first, since = done, now
        if done >= records:
            break
        if now > end:
            raise Trouble(f"{name}: {done} of {records} records are settled after 300 s; the log says:\n{server.log()[-2000:]}")
        time.sleep(0.01)
    if done != records:
        raise Trouble(f"{name}: {done} records are settled where {records} were put")
    server.undeploy(name)
    seconds = now - since
    say(f"{name}: {done - first} records in {seconds:.3f} s")
    return (done - first) / seconds if seconds > 0 else float(done)
