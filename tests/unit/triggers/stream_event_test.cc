#include <string>

#include <catch2/catch.hpp>

#include "triggers/stream/event.h"

using namespace shardmill;
using triggers::stream::looks_like_batch_event;
using triggers::stream::parse_batch_event;

namespace {

constexpr WallTime kNow{1'700'000'000'123};

// As AWS sends it.
std::string record(const std::string& sequence, const std::string& data,
                   const std::string& arrival = "1545084650.987",
                   const std::string& shard = "shardId-000000000006") {
  return R"({"kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "user-1", "sequenceNumber": ")" + sequence +
         R"(", "data": ")" + data + R"(", "approximateArrivalTimestamp": )" + arrival +
         R"(}, "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": ")" + shard + ":" + sequence +
         R"(", "eventName": "aws:kinesis:record", "awsRegion": "us-east-2",)"
         R"( "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/clicks"})";
}
std::string event(const std::string& records) {
  return R"({"Records": [)" + records + "]}";
}

const std::string kPrefix = "491700000000000000000000000006000003";
std::string sequence(int position) {
  std::string digits = std::to_string(position);
  return kPrefix + std::string(20 - digits.size(), '0') + digits;
}

std::string problem_of(const std::string& text) {
  auto batch = parse_batch_event(text, kNow);
  return batch ? "none" : batch.error().text;
}

}  // namespace

TEST_CASE("An event as AWS sends it becomes a batch") {
  auto batch =
      parse_batch_event(event(record(sequence(7), "SGVsbG8=") + "," + record(sequence(8), "V29ybGQ=")), kNow);
  REQUIRE(batch);
  CHECK(batch->stream == "clicks");
  CHECK(batch->stream_arn == "arn:aws:kinesis:us-east-2:123456789012:stream/clicks");
  CHECK(batch->shard == ShardNumber{6});
  CHECK(batch->records == 2);
  CHECK_FALSE(batch->renumbered);
  CHECK(std::string(batch->prefix.begin(), batch->prefix.end()) == kPrefix);
  REQUIRE(batch->slices.size() == 1);
  CHECK(batch->slices[0].first == Position{7});
  CHECK(batch->slices[0].count == 2);
  CHECK(batch->slices[0].arrival() == WallTime{1'545'084'650'987});
  Bytes entries = batch->slices[0].entries;
  RecordView first = next_entry(entries);
  CHECK(first.partition_key == "user-1");
  CHECK(as_text(first.data) == "Hello");
  CHECK(as_text(next_entry(entries).data) == "World");
  CHECK(entries.empty());
}

TEST_CASE("Records that did not arrive together or do not follow each other keep their own times and positions") {
  auto batch = parse_batch_event(event(record(sequence(7), "") + "," + record(sequence(8), "", "1545084651") + "," +
                                       record(sequence(20), "", "1545084651")),
                                 kNow);
  REQUIRE(batch);
  REQUIRE(batch->slices.size() == 3);
  CHECK(batch->slices[1].arrival() == WallTime{1'545'084'651'000});
  CHECK(batch->slices[2].first == Position{20});
}

TEST_CASE("Sequence numbers that are not ours are replaced by rising ones, and that is said") {
  const std::string theirs = "49568167373333333333333333333333333333333333333333333333";
  for (const std::string& records :
       {record(theirs, ""), record("17", ""), record(sequence(8), "") + "," + record(sequence(7), "")}) {
    auto batch = parse_batch_event(event(records), kNow);
    REQUIRE(batch);
    CHECK(batch->renumbered);
    CHECK(batch->slices[0].first == Position{1});
  }
}

TEST_CASE("What a test event leaves out has defaults") {
  auto batch = parse_batch_event(R"({"Records": [{"kinesis": {"partitionKey": "k", "data": ""}}]})", kNow);
  REQUIRE(batch);
  CHECK(batch->stream == "stream");
  CHECK(batch->shard == ShardNumber{0});
  CHECK(batch->slices[0].arrival() == kNow);
}

TEST_CASE("The sample that the SAM command line makes is accepted") {
  auto batch = parse_batch_event(
      R"({"Records": [{"kinesis": {"partitionKey": "partitionKey-03", "kinesisSchemaVersion": "1.0",
          "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0IDEyMy4=",
          "sequenceNumber": "49545115243490985018280067714973144582180062593244200961",
          "approximateArrivalTimestamp": 1428537600.0}, "eventSource": "aws:kinesis",
          "eventID": "shardId-000000000000:49545115243490985018280067714973144582180062593244200961",
          "invokeIdentityArn": "arn:aws:iam::EXAMPLE", "eventVersion": "1.0", "eventName": "aws:kinesis:record",
          "eventSourceARN": "arn:aws:kinesis:EXAMPLE", "awsRegion": "us-east-1"}]})",
      kNow);
  REQUIRE(batch);
  CHECK(batch->stream == "stream");
  CHECK(batch->stream_arn == "arn:aws:kinesis:EXAMPLE");
}

TEST_CASE("Everything wrong with an event is told at once, with its place") {
  CHECK(problem_of(R"({"Records": [{"kinesis": {"partitionKey": "", "data": "%%"}}, {"kinesis": 3}, {}]})") ==
        "Records[0].kinesis.partitionKey: found \"\" (string), wanted a partition key of 1 to 256 characters\n"
        "Records[0].kinesis.data: found \"%%\" (string), wanted the record's data in base64\n"
        "Records[1].kinesis: found 3 (number), wanted an object {...}\n"
        "Records[2]: \"kinesis\" is missing, wanted a record of a Kinesis stream");
}

TEST_CASE("A batch is of one stream and one shard") {
  CHECK(problem_of(
            event(record(sequence(1), "") + "," + record(sequence(2), "", "1545084651", "shardId-000000000007"))) ==
        "Records[1].eventID: found \"shardId-000000000007\", wanted \"shardId-000000000006\" as in the first "
        "record: a "
        "batch is of one shard");
}

TEST_CASE("Something that is no event is refused with what was found") {
  CHECK_THAT(problem_of("{\"Records\": [}"), Catch::StartsWith("not JSON: parse error at line 1, column 14"));
  CHECK_THAT(problem_of("{}"), Catch::Contains("\"Records\" is missing"));
  CHECK_THAT(problem_of(R"({"Records": []})"), Catch::Contains("found 0 records, wanted 1 to 10,000"));
}

TEST_CASE("Only what has Kinesis records looks like a batch") {
  CHECK(looks_like_batch_event(event(record(sequence(1), ""))));
  CHECK_FALSE(looks_like_batch_event("hello"));
  CHECK_FALSE(looks_like_batch_event("{}"));
  CHECK_FALSE(looks_like_batch_event(R"({"Records": []})"));
  CHECK_FALSE(looks_like_batch_event(R"({"Records": [{"s3": {}}]})"));
}
