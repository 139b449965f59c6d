"""Debian's boto3 against the real binary: connections that stay, paginators and waiters, large answers, restarts."""

import threading
import unittest

from support.shardmill import Server, skip

try:
    import boto3
    import botocore.config
    import botocore.exceptions
except ImportError:
    skip("boto3 is not there (package python3-boto3)")


class BotoTest(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.kinesis = self.client()

    def client(self):
        client = boto3.client(
            "kinesis",
            endpoint_url=self.server.url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="thing",
            config=botocore.config.Config(retries={"max_attempts": 1}, read_timeout=60),
        )
        self.addCleanup(client.close)
        return client

    def iterator(self, stream, shard, kind="TRIM_HORIZON", **more):
        answer = self.kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType=kind, **more)
        return answer["ShardIterator"]

    def read_all(self, stream):
        """Records of each shard, parents before children, each shard to its tip or end."""
        found = {}
        for shard in self.kinesis.list_shards(StreamName=stream)["Shards"]:
            iterator = self.iterator(stream, shard["ShardId"])
            records = found.setdefault(shard["ShardId"], [])
            while iterator:
                answer = self.kinesis.get_records(ShardIterator=iterator)
                records += answer["Records"]
                iterator = answer.get("NextShardIterator")
                if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                    break
        return found

    def test_every_byte_comes_back(self):
        self.kinesis.create_stream(StreamName="bytes", ShardCount=1)
        self.kinesis.get_waiter("stream_exists").wait(StreamName="bytes")
        datas = [b"", bytes(range(256)), b"x" * 100_000, "üñîçødé 💣".encode()]
        for data in datas:
            self.kinesis.put_record(StreamName="bytes", Data=data, PartitionKey="schlüssel-💣")
        records = self.read_all("bytes")["shardId-000000000000"]
        self.assertEqual([record["Data"] for record in records], datas)
        self.assertEqual({record["PartitionKey"] for record in records}, {"schlüssel-💣"})
        numbers = [record["SequenceNumber"] for record in records]
        self.assertEqual(numbers, sorted(set(numbers)))

    def test_the_largest_request_and_the_largest_answer(self):
        self.kinesis.create_stream(StreamName="large", ShardCount=1)
        data = bytes(1024 * 1024 - 1)
        for _ in range(2):
            put = self.kinesis.put_records(StreamName="large", Records=[{"Data": data, "PartitionKey": "k"}] * 10)
            self.assertEqual(put["FailedRecordCount"], 0)
        answer = self.kinesis.get_records(ShardIterator=self.iterator("large", "shardId-000000000000"))
        self.assertEqual(len(answer["Records"]), 10)  # 10 MiB
        self.assertGreaterEqual(answer["MillisBehindLatest"], 0)
        rest = self.kinesis.get_records(ShardIterator=answer["NextShardIterator"])
        self.assertEqual(len(rest["Records"]), 10)

    def test_paginators_see_all(self):
        for i in range(7):
            self.kinesis.create_stream(StreamName=f"page-{i}", ShardCount=1)
        pages = self.kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 3})
        self.assertEqual([name for page in pages for name in page["StreamNames"]], [f"page-{i}" for i in range(7)])

        self.kinesis.create_stream(StreamName="wide", ShardCount=25)
        pages = self.kinesis.get_paginator("describe_stream").paginate(StreamName="wide", PaginationConfig={"PageSize": 10})
        shards = [shard["ShardId"] for page in pages for shard in page["StreamDescription"]["Shards"]]
        self.assertEqual(shards, [f"shardId-{i:012d}" for i in range(25)])
        # boto3's own paginator of ListShards sends name and token together, which AWS refuses, and so do we.
        page = self.kinesis.list_shards(StreamName="wide", MaxResults=10)
        shards = page["Shards"]
        while "NextToken" in page:
            page = self.kinesis.list_shards(NextToken=page["NextToken"], MaxResults=10)
            shards += page["Shards"]
        self.assertEqual(len(shards), 25)

    def test_errors_are_the_client_s_own_exceptions(self):
        with self.assertRaises(self.kinesis.exceptions.ResourceNotFoundException):
            self.kinesis.put_record(StreamName="nobody", Data=b"", PartitionKey="k")
        self.kinesis.create_stream(StreamName="errors", ShardCount=1)
        with self.assertRaises(self.kinesis.exceptions.ResourceInUseException):
            self.kinesis.create_stream(StreamName="errors", ShardCount=1)
        with self.assertRaises(self.kinesis.exceptions.InvalidArgumentException):
            self.kinesis.get_records(ShardIterator="forged")
        with self.assertRaises(self.kinesis.exceptions.LimitExceededException):
            self.kinesis.update_shard_count(StreamName="errors", TargetShardCount=3, ScalingType="UNIFORM_SCALING")
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            self.kinesis.put_records(StreamName="errors", Records=[{"Data": b"x" * (2**20 + 1), "PartitionKey": "k"}])
        self.assertEqual(raised.exception.response["Error"]["Code"], "ValidationException")
        self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_iterators_and_records_outlive_a_restart(self):
        self.kinesis.create_stream(StreamName="durable", ShardCount=1)
        first = self.kinesis.put_record(StreamName="durable", Data=b"1", PartitionKey="k")
        iterator = self.iterator("durable", "shardId-000000000000")
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.kinesis = self.client()  # another port
        second = self.kinesis.put_record(StreamName="durable", Data=b"2", PartitionKey="k")
        self.assertGreater(second["SequenceNumber"], first["SequenceNumber"])
        answer = self.kinesis.get_records(ShardIterator=iterator)
        self.assertEqual([record["Data"] for record in answer["Records"]], [b"1", b"2"])
        after = self.iterator("durable", "shardId-000000000000", "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=first["SequenceNumber"])
        self.assertEqual([record["Data"] for record in self.kinesis.get_records(ShardIterator=after)["Records"]], [b"2"])

    def test_producers_keep_their_order_while_shards_split_and_merge(self):
        self.kinesis.create_stream(StreamName="busy", ShardCount=2)
        errors = []

        def produce(key):
            client = self.client()
            try:
                for i in range(60):
                    client.put_record(StreamName="busy", Data=f"{i}".encode(), PartitionKey=key)
            except Exception as error:  # reported by the main thread
                errors.append(error)

        threads = [threading.Thread(target=produce, args=(f"producer-{i}",)) for i in range(4)]
        for thread in threads:
            thread.start()
        for target in (4, 3, 2, 4):
            self.kinesis.update_shard_count(StreamName="busy", TargetShardCount=target, ScalingType="UNIFORM_SCALING")
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

        by_key = {}
        for records in self.read_all("busy").values():  # shards in the order of their making: parents first
            for record in records:
                by_key.setdefault(record["PartitionKey"], []).append(int(record["Data"]))
        self.assertEqual(by_key, {f"producer-{i}": list(range(60)) for i in range(4)})

    def test_shard_limits_on_request(self):
        self.kinesis.create_stream(StreamName="limited", ShardCount=1)
        records = [{"Data": b"x" * 500_000, "PartitionKey": "k"}] * 8
        for _ in range(3):  # more than one answer of 10 MiB holds
            self.assertEqual(self.kinesis.put_records(StreamName="limited", Records=records)["FailedRecordCount"], 0)
        self.kinesis.add_tags_to_stream(StreamName="limited", Tags={"shardmill:enforce-limits": "true"})
        answer = self.kinesis.put_records(StreamName="limited", Records=records)
        self.assertGreater(answer["FailedRecordCount"], 0)
        self.assertLess(answer["FailedRecordCount"], 8)
        self.assertEqual(answer["Records"][-1]["ErrorCode"], "ProvisionedThroughputExceededException")
        with self.assertRaises(self.kinesis.exceptions.ProvisionedThroughputExceededException):
            # A full answer holds up the next five seconds: longer than any machine takes to ask again, sooner or later.
            for _ in range(20):
                self.kinesis.get_records(ShardIterator=self.iterator("limited", "shardId-000000000000"))


if __name__ == "__main__":
    unittest.main()
