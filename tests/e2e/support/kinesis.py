"""A small Kinesis client over one raw keep-alive socket, fast enough to be the load of a test.

    client = Kinesis("127.0.0.1", port)
    client.call("CreateStream", StreamName="plays", ShardCount=2)
    ack = client.put("plays", key="k", data=b"bytes")        # {"ShardId": ..., "SequenceNumber": ...}
    acks = client.put_many("plays", [("k1", b"a"), ("k2", b"b")])
    shards = client.read_all("plays")                        # {"shardId-...": [Record, ...]} in order

An error answer raises KinesisError (status, type, message); a broken connection raises ConnectionError. After either of
them the client may be used again: it connects anew when it has to. Not for several threads at once.
"""

import base64
import json
import socket
from dataclasses import dataclass

POSITION_DIGITS = 20  # the last digits of a sequence number: the ordinal of the record within its shard

# Not a real signature: on loopback any credentials do.
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/kinesis/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0" * 64
)


class KinesisError(Exception):
    def __init__(self, status, kind, message):
        super().__init__(f"{status} {kind}: {message}")
        self.status = status
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Record:
    sequence: str
    key: str
    data: bytes
    arrival: float = 0.0

    @property
    def position(self):
        return int(self.sequence[-POSITION_DIGITS:])


class Kinesis:
    def __init__(self, host, port, timeout=30.0):
        self.address = (host, port)
        self.timeout = timeout
        self.socket = None
        self.buffer = b""

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, operation, **body):
        """One operation; its answer as a dict."""
        status, answer = self.request(operation, json.dumps(body, separators=(",", ":")).encode())
        if status == 200:
            return json.loads(answer) if answer else {}
        try:
            error = json.loads(answer)
            kind = error.get("__type", "").rpartition("#")[2]
            raise KinesisError(status, kind, error.get("message", error.get("Message", "")))
        except (ValueError, AttributeError):
            raise KinesisError(status, "", answer.decode(errors="replace")) from None

    def request(self, operation, body):
        """Sends `body` as it is; (status, body) of the answer."""
        head = (
            f"POST / HTTP/1.1\r\nHost: {self.address[0]}:{self.address[1]}\r\n"
            f"Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: Kinesis_20131202.{operation}\r\n"
            f"Authorization: {AUTHORIZATION}\r\nX-Amz-Date: 20200101T000000Z\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        try:
            if self.socket is None:
                self.socket = socket.create_connection(self.address, timeout=self.timeout)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(head + body)
            return self._answer()
        except OSError as error:
            self.close()
            if isinstance(error, (ConnectionError, TimeoutError)):
                raise
            raise ConnectionError(str(error)) from error

    def _answer(self):
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._more()
        lines = self.buffer[:end].split(b"\r\n")
        status = int(lines[0].split(b" ", 2)[1])
        length, closes = 0, False
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name == b"content-length":
                length = int(value)
            elif name == b"connection" and value.strip().lower() == b"close":
                closes = True
        while len(self.buffer) < end + 4 + length:
            self._more()
        body = self.buffer[end + 4 : end + 4 + length]
        self.buffer = self.buffer[end + 4 + length :]
        if closes:
            self.close()
        return status, body

    def _more(self):
        got = self.socket.recv(1 << 18)
        if not got:
            raise ConnectionResetError("the server closed the connection")
        self.buffer += got

    # ---- what tests do all the time ----------------------------------------------------------------------------

    def put(self, stream, key, data, hash_key=None):
        explicit = {} if hash_key is None else {"ExplicitHashKey": str(hash_key)}
        data = base64.b64encode(data).decode()
        return self.call("PutRecord", StreamName=stream, PartitionKey=key, Data=data, **explicit)

    def put_many(self, stream, records, hash_keys=None):
        """`records`: (key, bytes) pairs; `hash_keys`: their explicit hash keys. The answer's entries, in the same order."""
        entries = [{"PartitionKey": key, "Data": base64.b64encode(data).decode()} for key, data in records]
        for entry, hash_key in zip(entries, hash_keys or ()):
            entry["ExplicitHashKey"] = hash_key
        return self.call("PutRecords", StreamName=stream, Records=entries)["Records"]

    def create_stream(self, name, shards=1):
        self.call("CreateStream", StreamName=name, ShardCount=shards)

    def shards(self, stream):
        """All shards that the stream still has, open and closed, as ListShards tells them."""
        answer = self.call("ListShards", StreamName=stream)
        found = answer["Shards"]
        while "NextToken" in answer:
            answer = self.call("ListShards", NextToken=answer["NextToken"])
            found += answer["Shards"]
        return found

    def read_all(self, stream):
        """Every record of every shard at this moment: {shard id: [Record, ...]}."""
        return {shard["ShardId"]: self.read_shard(stream, shard["ShardId"]) for shard in self.shards(stream)}

    def read_shard(self, stream, shard, after=None):
        """The shard's records, in order; only those behind sequence number `after` if it is given."""
        where = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
        iterator = self.call("GetShardIterator", StreamName=stream, ShardId=shard, **where)["ShardIterator"]
        records = []
        while iterator:
            answer = self.call("GetRecords", ShardIterator=iterator, Limit=10000)
            for entry in answer["Records"]:
                records.append(
                    Record(
                        entry["SequenceNumber"],
                        entry["PartitionKey"],
                        base64.b64decode(entry["Data"]),
                        entry["ApproximateArrivalTimestamp"],
                    )
                )
            if not answer["Records"] and answer.get("MillisBehindLatest", 0) == 0:
                break
            iterator = answer.get("NextShardIterator")
        return records
