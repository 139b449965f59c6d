"""Damage to the data of a stopped runtime, made from outside: through SQL on its database, checks made right again where
the damage shall be one that the store cannot notice. Knows the tables of runtime/store/schema.cc and seal.h."""

import sqlite3
import struct
from contextlib import contextmanager

POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected
TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def row_crc(*values):
    crc = 0
    for value in values:
        if value is None:
            crc = crc32c(b"\x05", crc)
        elif isinstance(value, int):
            crc = crc32c(b"\x01" + struct.pack("<q", value), crc)
        else:
            tag, content = (b"\x03", value.encode()) if isinstance(value, str) else (b"\x04", value)
            crc = crc32c(tag + struct.pack("<I", len(content)) + content, crc)
    return crc


def seal(shard, count, first, arrival, previous, body_crc):
    return crc32c(struct.pack("<IIQqII", shard, count, first, arrival, previous, body_crc))


@contextmanager
def store(server):
    """The database of a server that does not run, as an sqlite3 connection that knows row_crc; commits at the end."""
    connection = sqlite3.connect(server.data / "store.db")
    connection.create_function("row_crc", -1, row_crc, deterministic=True)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def shard_key(connection, stream, number):
    row = connection.execute(
        "SELECT key FROM shards JOIN streams ON streams.id = shards.stream WHERE name = ? AND number = ?", (stream, number)
    )
    return row.fetchone()["key"]


def chunks(connection, stream, number=0):
    """The chunks of a shard, oldest first."""
    key = shard_key(connection, stream, number)
    return connection.execute("SELECT * FROM chunks WHERE shard = ? ORDER BY first", (key,)).fetchall()


def append_chunk(connection, like, body, count):
    """One more chunk, sealed as the store would, behind `like`, the newest of its shard."""
    first = like["first"] + like["count"]
    body_crc = crc32c(body)
    sealed = seal(like["shard"], count, first, like["arrival"], like["seal"], body_crc)
    connection.execute(
        "INSERT INTO chunks(shard, first, count, arrival, previous, body_crc, seal, body) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        (like["shard"], first, count, like["arrival"], like["seal"], body_crc, sealed, body),
    )


def replace_body(connection, chunk, body):
    """Other bytes in the newest chunk of a shard, sealed as the store would."""
    body_crc = crc32c(body)
    sealed = seal(chunk["shard"], chunk["count"], chunk["first"], chunk["arrival"], chunk["previous"], body_crc)
    connection.execute(
        "UPDATE chunks SET body = ?, body_crc = ?, seal = ? WHERE id = ?", (body, body_crc, sealed, chunk["id"])
    )


def move_checkpoint(connection, stream, number, by, sealed=True):
    """Moves the checkpoint of a shard by so many records."""
    key = shard_key(connection, stream, number)
    [(position,)] = connection.execute("SELECT position FROM checkpoints WHERE shard = ?", (key,)).fetchall()
    connection.execute("UPDATE checkpoints SET position = ? WHERE shard = ?", (position + by, key))
    if sealed:
        connection.execute(
            "UPDATE checkpoints SET row_check = row_crc(trigger_key, shard, position) WHERE shard = ?", (key,)
        )
