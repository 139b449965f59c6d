"""Debian's AWS CLI against the real binary, unchanged: what a user types in the first minute, and what errors look like."""

import json
import os
import subprocess
import unittest

from support.shardmill import Server, skip

AWS = "/usr/bin/aws"


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def run_aws(self, *arguments):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.server.root),  # no configuration of this machine's user
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "thing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        command = [AWS, "--endpoint-url", self.server.url, "--output", "json", "kinesis", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def aws(self, *arguments):
        """The answer of a command that must succeed: parsed, or None if it prints nothing."""
        done = self.run_aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def aws_error(self, *arguments):
        done = self.run_aws(*arguments)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr.strip()

    def read(self, stream, shard):
        iterator = self.aws("get-shard-iterator", "--stream-name", stream, "--shard-id", shard, "--shard-iterator-type", "TRIM_HORIZON")
        return self.aws("get-records", "--shard-iterator", iterator["ShardIterator"])

    def test_a_stream_from_creation_to_deletion(self):
        self.assertIsNone(self.aws("create-stream", "--stream-name", "plays", "--shard-count", 2))
        self.aws("wait", "stream-exists", "--stream-name", "plays")
        self.assertIn("plays", self.aws("list-streams")["StreamNames"])

        put = self.aws("put-record", "--stream-name", "plays", "--partition-key", "k", "--data", "aGVsbG8=")
        self.assertEqual(sorted(put), ["SequenceNumber", "ShardId"])
        records = [{"Data": "d29ybGQ=", "PartitionKey": "k"}, {"Data": "", "PartitionKey": "k"}]
        many = self.aws("put-records", "--stream-name", "plays", "--records", json.dumps(records))
        self.assertEqual(many["FailedRecordCount"], 0)
        self.assertEqual([record["ShardId"] for record in many["Records"]], [put["ShardId"]] * 2)

        read = self.read("plays", put["ShardId"])
        self.assertEqual([record["Data"] for record in read["Records"]], ["aGVsbG8=", "d29ybGQ=", ""])
        self.assertEqual(read["MillisBehindLatest"], 0)
        self.assertEqual(read["Records"][0]["SequenceNumber"], put["SequenceNumber"])

        self.assertIsNone(self.aws("delete-stream", "--stream-name", "plays"))
        self.aws("wait", "stream-not-exists", "--stream-name", "plays")

    def test_shards_are_split_merged_and_scaled(self):
        self.aws("create-stream", "--stream-name", "scaled", "--shard-count", 1)
        half = str(2**127)
        self.aws("split-shard", "--stream-name", "scaled", "--shard-to-split", "shardId-000000000000", "--new-starting-hash-key", half)
        shards = self.aws("list-shards", "--stream-name", "scaled")["Shards"]
        self.assertEqual([shard.get("ParentShardId") for shard in shards], [None] + ["shardId-000000000000"] * 2)
        self.assertIn("EndingSequenceNumber", shards[0]["SequenceNumberRange"])

        self.aws("merge-shards", "--stream-name", "scaled", "--shard-to-merge", "shardId-000000000001",
                 "--adjacent-shard-to-merge", "shardId-000000000002")  # fmt: skip
        open_now = self.aws("list-shards", "--stream-name", "scaled", "--shard-filter", "Type=AT_LATEST")["Shards"]
        self.assertEqual([shard["ShardId"] for shard in open_now], ["shardId-000000000003"])
        self.assertEqual(open_now[0]["AdjacentParentShardId"], "shardId-000000000002")

        scaled = self.aws("update-shard-count", "--stream-name", "scaled", "--target-shard-count", 2, "--scaling-type", "UNIFORM_SCALING")
        self.assertEqual(scaled["TargetShardCount"], 2)
        summary = self.aws("describe-stream-summary", "--stream-name", "scaled")["StreamDescriptionSummary"]
        self.assertEqual(summary["OpenShardCount"], 2)
        children = self.read("scaled", "shardId-000000000003")
        self.assertEqual(len(children["ChildShards"]), 2)
        self.assertNotIn("NextShardIterator", children)

    def test_settings_of_a_stream(self):
        self.aws("create-stream", "--stream-name", "settings", "--shard-count", 1)
        self.aws("add-tags-to-stream", "--stream-name", "settings", "--tags", "team=red,colour=blue")
        self.aws("remove-tags-from-stream", "--stream-name", "settings", "--tag-keys", "colour")
        self.assertEqual(self.aws("list-tags-for-stream", "--stream-name", "settings")["Tags"], [{"Key": "team", "Value": "red"}])
        self.aws("increase-stream-retention-period", "--stream-name", "settings", "--retention-period-hours", 48)
        self.aws("decrease-stream-retention-period", "--stream-name", "settings", "--retention-period-hours", 24)
        arn = self.aws("describe-stream", "--stream-name", "settings")["StreamDescription"]["StreamARN"]
        self.aws("update-stream-mode", "--stream-arn", arn, "--stream-mode-details", "StreamMode=ON_DEMAND")
        summary = self.aws("describe-stream-summary", "--stream-arn", arn)["StreamDescriptionSummary"]
        self.assertEqual(summary["StreamModeDetails"], {"StreamMode": "ON_DEMAND"})
        self.assertEqual(summary["RetentionPeriodHours"], 24)
        self.assertGreaterEqual(self.aws("describe-limits")["OpenShardCount"], 1)

    def test_errors_read_as_they_do_with_aws(self):
        self.assertEqual(
            self.aws_error("describe-stream", "--stream-name", "nobody"),
            "An error occurred (ResourceNotFoundException) when calling the DescribeStream operation: "
            "Stream nobody under account 000000000000 not found.",
        )
        self.aws("create-stream", "--stream-name", "twice", "--shard-count", 1)
        self.assertEqual(
            self.aws_error("create-stream", "--stream-name", "twice", "--shard-count", 1),
            "An error occurred (ResourceInUseException) when calling the CreateStream operation: "
            "Stream twice under account 000000000000 already exists.",
        )
        self.assertEqual(
            self.aws_error("get-records", "--shard-iterator", "forged"),
            "An error occurred (InvalidArgumentException) when calling the GetRecords operation: Invalid ShardIterator.",
        )
        self.assertEqual(
            self.aws_error("create-stream", "--stream-name", "a b", "--shard-count", 1),
            "An error occurred (ValidationException) when calling the CreateStream operation: 1 validation error detected: "
            "Value 'a b' at 'streamName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        )


if __name__ == "__main__":
    if not os.path.exists(AWS):
        skip(f"{AWS} is not there (package awscli)")
    unittest.main()
