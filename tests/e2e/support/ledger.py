"""What producers did: every record that was sent, and what the server acknowledged. The oracle judges against it.

Each record is sent once in its life (a producer never repeats one), so it may be in the stream at most once, and must be
there if it was acknowledged. `sent` and `acked` are ticks of one counter: a record acknowledged before another one was
sent must stand before it in their shard.
"""

import hashlib
import itertools
import threading
from dataclasses import dataclass


@dataclass
class Put:
    name: str  # "producer.number": unique, and the start of the data
    request: int  # records of one request that go to one shard are stored together or not at all
    key: str
    data: bytes
    sent: int
    acked: int | None = None
    shard: str | None = None
    sequence: str | None = None


def payload(name, size):
    """Bytes that start with the name and are told by it: a mixed-up or cut record shows."""
    digest = hashlib.sha256(name.encode()).hexdigest().encode()
    body = digest * (size // len(digest) + 1)
    return name.encode() + b"|" + body[:size]


def name_of(data):
    return data.partition(b"|")[0].decode(errors="replace")


class Ledger:
    """Any thread."""

    def __init__(self):
        self._tick = itertools.count(1)
        self._requests = itertools.count(1)
        self._lock = threading.Lock()
        self.puts = {}  # by name

    def sending(self, records):
        """Call before the request leaves; `records`: (name, key, data). The puts, to be acknowledged later."""
        request, now = next(self._requests), next(self._tick)
        puts = [Put(name, request, key, data, now) for name, key, data in records]
        with self._lock:
            for put in puts:
                assert put.name not in self.puts, "names are used once"
                self.puts[put.name] = put
        return puts

    def acknowledged(self, put, shard, sequence):
        """Call when its answer has come."""
        put.shard, put.sequence = shard, sequence
        put.acked = next(self._tick)

    def acked(self):
        with self._lock:
            return [put for put in self.puts.values() if put.acked is not None]

    def acked_count(self):
        return len(self.acked())
