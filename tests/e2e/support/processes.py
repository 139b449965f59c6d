"""Finding what is left of a runtime and its workers in /proc."""

import os
from pathlib import Path


def marked(mark):
    """Ids of all living processes that carry `mark` in their name, command line, environment or mapped files."""
    needle, found = mark.encode(), []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid() and _alive(entry) and _carries(entry, needle):
            found.append(int(entry))
    return found


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _carries(pid, needle):
    for name in ("comm", "cmdline", "environ", "maps"):
        try:
            if needle in Path(f"/proc/{pid}/{name}").read_bytes():
                return True
        except OSError:  # it ended meanwhile
            continue
    return False


def describe(pids):
    """For a message: what these processes are."""
    lines = []
    for pid in pids:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            lines.append(f"{pid} ({Path(f'/proc/{pid}/comm').read_text().strip()}): {command}")
        except OSError:
            continue
    return "; ".join(lines)
