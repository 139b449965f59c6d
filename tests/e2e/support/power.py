"""Power cuts and failing disks for the runtime, through tests/fixtures/faults/disk_shim.cc (its head has the formats).

    disk = Disk(server.root)                        # before the server starts
    server = Server(root=..., environment=disk.environment())
    disk.order("fail_sync")                         # from now on; disk.cancel("fail_sync")
    server.kill(); disk.cut_power(rng)              # then server.start()

cut_power leaves in each file what a disk may hold after the power went: everything that was synced, and of the rest, sector
by sector, any state that the sector had since.
"""

import os
import struct
from pathlib import Path

SECTOR = 512
HEADER = struct.Struct("<QQQQ")  # kind, offset, length, size of the file before
RESIZE = 1


def shim():
    return Path(os.environ["SHARDMILL_FAULTS"]) / "disk_shim.so"


class Disk:
    def __init__(self, root):
        self.root = Path(root)
        self.control = self.root / "disk-control"
        self.control.mkdir(parents=True, exist_ok=True)

    def environment(self, kill=None):
        """`kill`: "write 17" or "sync 3": where the runtime is to be killed by itself."""
        variables = {
            "LD_PRELOAD": str(shim()),
            "DISK_SHIM_DATA": str(self.root / "data"),
            "DISK_SHIM_CONTROL": str(self.control),
            # A sanitizer wants to be the first library; the shim calls the kernel itself and is in nobody's way.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0",
        }
        return variables | ({"DISK_SHIM_KILL": kill} if kill else {})

    def order(self, what, content=""):
        # Whole at once: the runtime may look at any time.
        (self.control / f".{what}").write_text(str(content))
        (self.control / f".{what}").rename(self.control / what)

    def cancel(self, what):
        (self.control / what).unlink(missing_ok=True)

    def unsynced(self):
        """Bytes in the undo logs: what a power cut may take."""
        return sum(log.stat().st_size for log in self.control.glob("undo-*"))

    def cut_power(self, rng):
        """Call when the runtime is dead. How many writes were in doubt."""
        doubtful = 0
        how = rng.choice((_oldest, _any_version, _first_writes))
        for log in sorted(self.control.glob("undo-*")):
            path = Path(log.name.removeprefix("undo-").replace("%", "/"))
            entries = list(_entries(log.read_bytes()))
            if entries and path.exists():
                doubtful += len(entries)
                cut_file(path, entries, rng, how)
            log.unlink()
        for index in (self.root / "data").rglob("*-shm"):  # never synced: anything may be in it
            index.write_bytes(rng.randbytes(index.stat().st_size))
        return doubtful


def _entries(log):
    at = 0
    while at + HEADER.size <= len(log):
        kind, offset, length, old_size = HEADER.unpack_from(log, at)
        old = min(length, max(0, old_size - offset))
        at += HEADER.size
        if at + old > len(log):
            break  # killed while it was written: the write itself never happened
        yield kind, offset, length, old_size, log[at : at + old]
        at += old


def cut_file(path, entries, rng, how):
    """Rewrites the file as `how` says. A file that was resized loses a tail of its writes, as a journal would replay it."""
    if any(kind == RESIZE for kind, *_ in entries):
        how = _first_writes
    path.write_bytes(how(bytearray(path.read_bytes()), entries, rng))


def _undo(content, entry):
    _, offset, _, old_size, old = entry
    content[offset : offset + len(old)] = old
    if len(content) > old_size:
        del content[old_size:]
    elif len(content) < old_size:
        content.extend(b"\0" * (old_size - len(content)))


def _oldest(content, entries, rng):
    """Nothing of what was not synced."""
    for entry in reversed(entries):
        _undo(content, entry)
    return content


def _first_writes(content, entries, rng):
    """The writes up to one of them, of which only the first sectors."""
    keep = rng.randint(0, len(entries))
    for entry in reversed(entries[keep:]):
        last = bytes(content)
        _undo(content, entry)
    if keep < len(entries) and entries[keep][0] != RESIZE:
        _, offset, length, _, _ = entries[keep]
        torn_at = (offset + rng.randint(0, length)) // SECTOR * SECTOR
        if torn_at > offset:
            if len(content) < torn_at:
                content.extend(b"\0" * (min(torn_at, len(last)) - len(content)))
            content[offset:torn_at] = last[offset:torn_at]
    return content


def _any_version(content, entries, rng):
    """Each sector in any state that it had."""
    versions = {}

    def note(sector):
        start = sector * SECTOR
        versions.setdefault(sector, []).append(bytes(content[start : start + SECTOR]))

    for entry in reversed(entries):
        touched = range(entry[1] // SECTOR, (entry[1] + entry[2] + SECTOR - 1) // SECTOR)
        for sector in touched:
            if sector not in versions:
                note(sector)
        _undo(content, entry)
        for sector in touched:
            note(sector)
    for sector in sorted(versions):
        chosen = rng.choice(versions[sector])
        start = sector * SECTOR
        if chosen and len(content) < start:
            content.extend(b"\0" * (start - len(content)))
        content[start : start + len(chosen)] = chosen
    return content
