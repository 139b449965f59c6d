"""scripts/bench: builds the release, runs the benches, prints a table and one JSON line per figure."""

import argparse
import sys
import time
from dataclasses import dataclass

from driver import deploy, dispatch, idle, ingest, latency, relay
from driver.figures import table
from driver.machine import BUSY, Trouble, build, cpu_times, describe, own_cpu, say, wait_for_quiet

BENCHES = {
    "ingest": ingest.run,
    "dispatch": dispatch.run,
    "relay": relay.run,
    "latency": latency.run,
    "idle": idle.run,
    "deploy": deploy.run,
}


@dataclass(frozen=True)
class Options:
    """`smoke`: a few thousand records, once: shows that a bench runs, not how fast."""

    smoke: bool

    def scale(self, full, small):
        return small if self.smoke else full

    def rounds(self, full):
        return 1 if self.smoke else full


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all of them if none is given")
    parser.add_argument("--json", metavar="FILE", help="write the JSON lines to FILE as well")
    parser.add_argument("--smoke", action="store_true", help="a few records only, and no build: do the benches run at all?")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in BENCHES]:
        parser.error(f"no bench is called {unknown[0]}: there are {', '.join(BENCHES)}")
    try:
        return measure(arguments.names or list(BENCHES), Options(arguments.smoke), arguments.json)
    except Trouble as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 1


def measure(names, options, json_path):
    if not options.smoke:
        build()
    figures = []
    for name in names:
        if not options.smoke:
            wait_for_quiet()
        busy, own, start = cpu_times(), own_cpu(), time.monotonic()
        figures += BENCHES[name](options)
        others = (cpu_times() - busy - (own_cpu() - own)) / (time.monotonic() - start)
        if others > BUSY:
            say(f"{name}: others took {others:.1f} cores of this machine meanwhile: repeat it when it is quiet")
    lines = [figure.json_line() for figure in figures]
    if json_path:
        with open(json_path, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
    print(describe(), table(figures), *lines, sep="\n")
    return 1 if any(figure.ok is False for figure in figures) and not options.smoke else 0
