"""Producers that put records to one stream, from several connections, while the server comes and goes.

    load = Load(ledger, "in", producers=3, rng=random.Random(seed))
    load.attach(server)    # producers (re)connect to where the server listens now
    load.acks              # how many records were acknowledged so far
    load.stop()            # ends and joins; raises what a producer did not expect

A connection that breaks is expected: its producer waits for the next attach. An error answer is not, unless its type is
in `tolerate`; those are counted in `refusals` and the producer goes on.
"""

import itertools
import random
import threading
import time

from support.kinesis import Kinesis, KinesisError
from support.ledger import payload


class Load:
    def __init__(self, ledger, stream, producers, rng, keys=40, pause=0.008, largest_batch=20, tolerate=()):
        self.ledger = ledger
        self.stream = stream
        self.keys = keys
        self.pause = pause
        self.largest_batch = largest_batch
        self.tolerate = set(tolerate)
        self.acks = 0
        self.refusals = []  # KinesisErrors and failed entries that were tolerated, the last hundred
        self.problems = []
        self._changed = threading.Condition()
        self._address = None
        self._epoch = 0
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._produce, args=(f"p{n}", random.Random(rng.getrandbits(64))), daemon=True)
            for n in range(producers)
        ]
        for thread in self._threads:
            thread.start()

    def attach(self, server):
        with self._changed:
            self._address = ("127.0.0.1", server.port)
            self._epoch += 1
            self._changed.notify_all()

    def wait_acks(self, count, seconds=30.0):
        """True once `count` more records are acknowledged; False when the time is over. Raises what stop() would."""
        with self._changed:
            goal = self.acks + count
            done = self._changed.wait_for(lambda: self.acks >= goal or self.problems, seconds)
        self._raise_problems()
        return done

    def stop(self):
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(60)
        self._raise_problems()

    def _raise_problems(self):
        if self.problems:
            raise AssertionError("; ".join(self.problems[:5]))

    # ---- one producer ------------------------------------------------------------------------------------------

    def _produce(self, producer, rng):
        numbers, epoch = itertools.count(), 0
        try:
            while epoch := self._next_epoch(epoch):
                with Kinesis(*self._address) as client:
                    try:
                        while epoch == self._epoch and not self._stopping:
                            self._one_request(client, producer, numbers, rng)
                            if self.pause:
                                time.sleep(rng.random() * 2 * self.pause)
                    except ConnectionError:
                        pass
        except Exception as error:  # anything else fails the test in stop()
            with self._changed:
                self.problems.append(f"{producer}: {type(error).__name__}: {error}")
                self._changed.notify_all()

    def _next_epoch(self, seen):
        """Waits for the next attach; 0 when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._epoch > seen)
            return 0 if self._stopping else self._epoch

    def _one_request(self, client, producer, numbers, rng):
        count = 1 if rng.random() < 0.3 else rng.randint(1, self.largest_batch)
        records = []
        for n in itertools.islice(numbers, count):
            size = rng.randint(0, 200) if rng.random() < 0.99 else rng.randint(4_000, 40_000)
            records.append((f"{producer}.{n}", f"{producer}-key{rng.randrange(self.keys)}", payload(f"{producer}.{n}", size)))
        puts = self.ledger.sending(records)
        try:
            if count == 1:
                answers = [client.put(self.stream, puts[0].key, puts[0].data)]
            else:
                answers = client.put_many(self.stream, [(put.key, put.data) for put in puts])
        except KinesisError as error:
            self._refused(error, error.kind)
        else:
            self._answered(puts, answers)

    def _answered(self, puts, answers):
        done = 0
        for put, answer in zip(puts, answers, strict=True):
            if code := answer.get("ErrorCode"):
                self._refused(KinesisError(200, code, answer.get("ErrorMessage", "")), code)
            else:
                self.ledger.acknowledged(put, answer["ShardId"], answer["SequenceNumber"])
                done += 1
        with self._changed:
            self.acks += done
            self._changed.notify_all()

    def _refused(self, error, kind):
        if kind not in self.tolerate:
            raise error
        self.refusals = [*self.refusals[-99:], error]
        time.sleep(0.02)  # do not spin against a store that refuses
