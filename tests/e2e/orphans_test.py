"""Nothing of a worker outlives the runtime, also after kill -9: not a hanging handler that blocks all signals, not its
forked children, not a daemon that left its session."""

import time

from support.processes import describe, marked
from support.shardmill import Server, wait_for

# What the function does with its first record; it says "ready MODE" in the log once it is at it.
MODES = ("hang", "hang_deaf", "threads", "fork", "daemon")
SETTINGS = {"Timeout": 900, "Triggers": [{"Stream": "in", "StartingPosition": "TRIM_HORIZON"}]}


def run(mode, end):
    with Server() as server:
        mark = server.root.name
        with server.kinesis() as client:
            client.create_stream("in")
            settings = SETTINGS | {"Environment": {"ORPHAN_MODE": mode, "ORPHAN_MARK": mark}}
            server.deploy("orphan_maker", settings)
            client.put("in", "k", b"go")
        wait_for(f"the function to be in its mode {mode}", lambda: f"ready {mode}" in function_log(server))
        refused = "" if mode not in ("fork", "daemon") or "fork refused" not in function_log(server) else ", fork was refused"
        workers = server.children()
        found = marked(mark)
        assert workers, "a worker runs"
        assert set(workers) <= set(found), f"the marker misses {describe(set(workers) - set(found))}"
        end(server)
        began = time.monotonic()
        wait_for(f"the end of {describe(marked(mark))} after {mode}", lambda: not marked(mark), seconds=5)
        print(f"{mode}: {len(found)} processes, all gone {1000 * (time.monotonic() - began):.0f} ms after {end.__name__}{refused}")


def function_log(server):
    return server.log() + server.cli("function", "logs", "orphan_maker").stdout


def kill(server):
    server.kill()


def stop_impatiently(server):
    """SIGTERM, and once that is heard a second one: it must not wait 900 s for the handler."""
    server.process.terminate()
    wait_for("the first SIGTERM to be heard", lambda: "finishing what is in flight" in server.log())
    server.process.terminate()
    server.wait(30)


def main():
    for mode in MODES:
        run(mode, kill)
    run("hang_deaf", stop_impatiently)


if __name__ == "__main__":
    main()
