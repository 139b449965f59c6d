"""The oracle of the crash tests finds each kind of damage, and nothing where there is none."""

import unittest

from support import oracle
from support.kinesis import Record
from support.ledger import Ledger, payload

SHARDS = ("shardId-000000000000", "shardId-000000000001")


def sequence(shard, position):
    return f"49{'0' * 15}{SHARDS.index(shard)}{'0' * 18}{position:020d}"


class OracleTest(unittest.TestCase):
    def setUp(self):
        """Two producers, twenty requests of three records, all acknowledged, then one that never was but is stored."""
        self.ledger = Ledger()
        self.input = {shard: [] for shard in SHARDS}
        for request in range(20):
            self.put(f"p{request % 2}", request, acknowledge=True)
        self.put("p0", 20, acknowledge=False)
        self.output = {SHARDS[0]: []}
        for shard, records in self.input.items():
            for record in records:
                self.emit(shard, record)

    def put(self, producer, request, acknowledge, store=True):
        records = [(f"{producer}.{request * 3 + i}", f"key{i}", payload(f"{producer}.{request * 3 + i}", 50)) for i in range(3)]
        for put in self.ledger.sending(records):
            shard = SHARDS[put.key == "key2"]
            if store:
                self.input[shard].append(Record(sequence(shard, len(self.input[shard]) + 1), put.key, put.data))
            if acknowledge:
                self.ledger.acknowledged(put, shard, self.input[shard][-1].sequence)

    def emit(self, shard, record, attempt=1):
        data = f"{record.sequence}#{attempt}#".encode() + record.data
        self.output[SHARDS[0]].append(Record(sequence(SHARDS[0], len(self.output[SHARDS[0]]) + 1), record.key, data))

    def input_findings(self):
        return list(oracle.check_input(self.ledger, self.input))

    def output_findings(self):
        return list(oracle.check_outputs(self.input, self.output))

    def renumber(self, shard):
        self.input[shard] = [Record(sequence(shard, i), r.key, r.data) for i, r in enumerate(self.input[shard], 1)]

    def assert_found(self, findings, part):
        self.assertTrue(any(part in finding for finding in findings), f"no '{part}' in {findings}")

    def test_an_undamaged_run_has_no_findings(self):
        self.assertEqual(self.input_findings(), [])
        self.assertEqual(self.output_findings(), [])

    def test_a_request_without_an_answer_may_be_absent(self):
        self.put("p1", 21, acknowledge=False, store=False)
        self.assertEqual(self.input_findings(), [])

    def test_half_a_request_is_found(self):
        self.input[SHARDS[1]].pop()
        self.assert_found(self.input_findings(), "request 21: 2 of its 3 records")

    def test_a_lost_last_record_is_found(self):
        self.input[SHARDS[1]] = self.input[SHARDS[1]][:-2]
        self.assert_found(self.input_findings(), "acknowledged record p1.59 is lost")

    def test_a_hole_is_found(self):
        del self.input[SHARDS[0]][7]
        self.assert_found(self.input_findings(), "position 9 where 8 was wanted")

    def test_a_loss_that_closed_its_hole_is_found(self):
        del self.input[SHARDS[0]][7]
        self.renumber(SHARDS[0])
        self.assert_found(self.input_findings(), "which was acknowledged for")

    def test_a_flipped_bit_is_found(self):
        record = self.input[SHARDS[0]][3]
        data = record.data[:-1] + bytes([record.data[-1] ^ 1])
        self.input[SHARDS[0]][3] = Record(record.sequence, record.key, data)
        self.assert_found(self.input_findings(), "is not what was sent")

    def test_a_changed_key_is_found(self):
        record = self.input[SHARDS[0]][3]
        self.input[SHARDS[0]][3] = Record(record.sequence, "other", record.data)
        self.assert_found(self.input_findings(), "is not what was sent")

    def test_a_record_that_nobody_sent_is_found(self):
        self.input[SHARDS[0]].append(Record(sequence(SHARDS[0], len(self.input[SHARDS[0]]) + 1), "k", b"p9.1|x"))
        self.assert_found(self.input_findings(), "nobody sent")

    def test_a_record_twice_is_found(self):
        shard = SHARDS[0]
        first = self.input[shard][0]
        self.input[shard].append(Record(sequence(shard, len(self.input[shard]) + 1), first.key, first.data))
        self.assert_found(self.input_findings(), "record p0.0 again")

    def test_two_swapped_records_are_found(self):
        a, b = self.input[SHARDS[1]][4:6]
        self.input[SHARDS[1]][4:6] = [Record(a.sequence, b.key, b.data), Record(b.sequence, a.key, a.data)]
        findings = self.input_findings()
        self.assert_found(findings, "which was acknowledged for")
        self.assert_found(findings, "stands behind it")

    def test_a_request_stored_in_another_order_is_found(self):
        a, b = self.input[SHARDS[0]][-2:]
        self.input[SHARDS[0]][-2:] = [Record(a.sequence, b.key, b.data), Record(b.sequence, a.key, a.data)]
        self.assert_found(self.input_findings(), "behind a later record of its request")

    def test_numbers_of_another_incarnation_are_found(self):
        record = self.input[SHARDS[0]][-1]
        other = "49" + "1" * 34 + record.sequence[-20:]
        self.input[SHARDS[0]][-1] = Record(other, record.key, record.data)
        self.assert_found(self.input_findings(), "different prefixes")

    def test_a_missing_output_is_found(self):
        del self.output[SHARDS[0]][5]
        self.assert_found(self.output_findings(), "no output for input shardId-000000000000 6")

    def test_an_output_twice_is_found(self):
        self.emit(SHARDS[1], self.input[SHARDS[1]][2], attempt=2)
        self.assert_found(self.output_findings(), "input shardId-000000000001 3 a second time")

    def test_outputs_out_of_order_are_found(self):
        out = self.output[SHARDS[0]]
        out[2], out[3] = out[3], out[2]
        self.assert_found(self.output_findings(), "input shardId-000000000000 3 behind 4")

    def test_an_output_with_other_bytes_is_found(self):
        record = self.output[SHARDS[0]][0]
        self.output[SHARDS[0]][0] = Record(record.sequence, record.key, record.data + b"!")
        self.assert_found(self.output_findings(), "not what input shardId-000000000000 1 holds")

    def test_an_output_of_a_lost_input_is_found(self):
        del self.input[SHARDS[1]][0]
        self.assert_found(self.output_findings(), "of a record that is not in the input")

    def test_an_output_that_is_none_is_found(self):
        record = self.output[SHARDS[0]][0]
        self.output[SHARDS[0]][0] = Record(record.sequence, record.key, b"noise")
        self.assert_found(self.output_findings(), "not an output of the function")

    def test_a_key_out_of_order_across_shards_is_found(self):
        def shards(first, second):
            return {SHARDS[0]: [Record("49001", "k", first)], SHARDS[1]: [Record("49002", "k", second)]}

        self.assertEqual(list(oracle.check_key_order(shards(b"p.9|", b"p.10|"), "in")), [])
        self.assert_found(oracle.check_key_order(shards(b"p.10|", b"p.9|"), "in"), "key k: p.9 behind p.10")

    def test_outputs_only_of_what_the_trigger_passed_are_wanted(self):
        self.output[SHARDS[0]] = [r for r in self.output[SHARDS[0]] if r.key == "key1"]
        self.assertEqual(list(oracle.check_outputs(self.input, self.output, lambda r: r.key == "key1")), [])


if __name__ == "__main__":
    unittest.main()
