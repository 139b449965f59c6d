"""What must hold after any fault. Each check returns its findings as sentences; none means that all is well.

check_input(ledger, shards)     the stream that was put to, against what was acknowledged
check_outputs(inputs, outputs)  a stream that a relay function emitted each record to, against its input
check_key_order(shards, what)   each key's records in the order they were put, also across splits and merges

A relay output's data is "SEQUENCE#ATTEMPT#" and the input record's data; its key is the input record's.
"""

from support.ledger import name_of
from support.kinesis import POSITION_DIGITS


def check_input(ledger, shards):
    """`shards`: what Kinesis.read_all returned. At least everything acknowledged, whole, in order, nothing else."""
    return [
        *_check_positions(shards),
        *_check_contents(ledger, shards),
        *_check_acknowledged(ledger, shards),
        *_check_requests_whole(ledger, shards),
        *_check_order(ledger, shards),
    ]


def _check_positions(shards):
    """1, 2, 3 ... in each shard, all with one prefix."""
    for shard, records in shards.items():
        prefixes = {record.sequence[:-POSITION_DIGITS] for record in records}
        if len(prefixes) > 1:
            yield f"{shard}: sequence numbers of {len(prefixes)} different prefixes"
        for wanted, record in enumerate(records, 1):
            if record.position != wanted:
                yield f"{shard}: position {record.position} where {wanted} was wanted"
                break


def _check_contents(ledger, shards):
    """Only records that were sent, unchanged, each once."""
    seen = {}
    for shard, records in shards.items():
        for record in records:
            name = name_of(record.data)
            put = ledger.puts.get(name)
            if put is None:
                yield f"{shard} {record.position}: a record that nobody sent: {record.data[:40]!r}"
            elif record.data != put.data or record.key != put.key:
                yield f"{shard} {record.position}: record {name} is not what was sent"
            if name in seen:
                yield f"{shard} {record.position}: record {name} again, first at {seen[name]}"
            seen[name] = f"{shard} {record.position}"


def _check_acknowledged(ledger, shards):
    """Each where its answer said."""
    stored = {shard: {record.sequence: record for record in records} for shard, records in shards.items()}
    for put in ledger.acked():
        record = stored.get(put.shard, {}).get(put.sequence)
        if record is None:
            yield f"{put.shard}: acknowledged record {put.name} is lost (was {put.sequence})"
        elif name_of(record.data) != put.name:
            yield f"{put.shard}: {name_of(record.data)} stands at {put.sequence}, which was acknowledged for {put.name}"


def _check_requests_whole(ledger, shards):
    """Of each request all records or none, also when it was never acknowledged."""
    sent, stored = {}, {}
    for put in ledger.puts.values():
        sent[put.request] = sent.get(put.request, 0) + 1
    for records in shards.values():
        for record in records:
            if put := ledger.puts.get(name_of(record.data)):
                stored[put.request] = stored.get(put.request, 0) + 1
    for request, count in stored.items():
        if count < sent[request]:
            yield f"request {request}: {count} of its {sent[request]} records are stored"


def _check_order(ledger, shards):
    """A record acknowledged before another one was sent stands before it; so do earlier records of one request."""
    for shard, records in shards.items():
        latest_sent, latest = 0, None
        place_in_request = {}
        for record in records:
            put = ledger.puts.get(name_of(record.data))
            if put is None:
                continue
            if put.acked is not None and put.acked < latest_sent:
                yield f"{shard} {record.position}: {put.name} was acknowledged before {latest.name} was sent, but stands behind it"
            if put.sent > latest_sent:
                latest_sent, latest = put.sent, put
            number = int(put.name.rpartition(".")[2])
            if number < place_in_request.get(put.request, -1):
                yield f"{shard} {record.position}: {put.name} stands behind a later record of its request"
            place_in_request[put.request] = number


def parse_output(data):
    """(sequence number of the input, attempt, the input's data); None if it is no relay output."""
    sequence, mark, rest = data.partition(b"#")
    attempt, second_mark, content = rest.partition(b"#")
    if not mark or not second_mark or not attempt.isdigit():
        return None
    return sequence.decode(errors="replace"), int(attempt), content


def check_outputs(inputs, outputs, passed=lambda record: True):
    """Exactly one output per input record that `passed`, whole, in the input shard's order."""
    wanted = {r.sequence: (shard, r) for shard, records in inputs.items() for r in records if passed(r)}
    done = set()
    for shard, records in outputs.items():
        last_of = {}
        for record in records:
            parsed = parse_output(record.data)
            if parsed is None:
                yield f"output {shard} {record.position}: not an output of the function: {record.data[:60]!r}"
                continue
            sequence, _, content = parsed
            if sequence not in wanted:
                yield f"output {shard} {record.position}: of a record that is not in the input: {sequence}"
                continue
            source, original = wanted[sequence]
            if content != original.data or record.key != original.key:
                yield f"output {shard} {record.position}: not what input {source} {original.position} holds"
            if sequence in done:
                yield f"output {shard} {record.position}: input {source} {original.position} a second time"
            done.add(sequence)
            if original.position < last_of.get(source, 0):
                yield (
                    f"output {shard} {record.position}: input {source} {original.position} "
                    f"behind {last_of[source]} of the same shard"
                )
            last_of[source] = max(original.position, last_of.get(source, 0))
    for sequence, (source, original) in wanted.items():
        if sequence not in done:
            yield f"no output for input {source} {original.position}"


def check_key_order(shards, what, data_of=lambda data: data):
    """`data_of`: from a record's data to what the producer put. Wants keys that only one producer uses. A child's sequence
    numbers are above its parents', so that sorting by them puts each key's records in their order."""
    records = sorted((record for in_shard in shards.values() for record in in_shard), key=lambda r: r.sequence)
    last = {}
    for record in records:
        producer, _, number = name_of(data_of(record.data)).rpartition(".")
        before = last.get((record.key, producer), -1)
        if int(number) < before:
            yield f"{what}: key {record.key}: {producer}.{number} behind {producer}.{before}"
        last[record.key, producer] = max(before, int(number))


def bound(bad, n, what):
    """The line that every test of random faults ends with. None in n: at 95 % the true rate is below 3/n."""
    return f"{bad} bad in {n} {what}" + (f", bound 3/N = {3 / n:.4f}" if bad == 0 and n else "")
