// The order of shards, places to read from, test events and new functions.
#include <catch2/catch.hpp>

#include "app/kinesis_event.h"
#include "app/scaffold/scaffold.h"
#include "app/shard_order.h"
#include "app/shard_reader.h"

using namespace shardmill;
using namespace shardmill::app;
using nlohmann::json;
using Ids = std::vector<std::string>;

namespace {

ShardSummary shard(const std::string& id, const std::string& parent = "", const std::string& adjacent = "") {
  ShardSummary summary;
  summary.id = id;
  summary.parent = parent;
  summary.adjacent_parent = adjacent;
  return summary;
}

}  // namespace

TEST_CASE("children start when their parents have ended") {
  ShardOrder order;
  order.add({shard("0"), shard("1"), shard("2", "0"), shard("3", "0"), shard("4", "3", "1")});
  CHECK(order.take_startable() == Ids{"0", "1"});
  CHECK(order.take_startable().empty());
  order.finish("0");
  CHECK(order.take_startable() == Ids{"2", "3"});
  order.finish("3");
  CHECK(order.take_startable().empty());
  order.finish("1");
  CHECK(order.take_startable() == Ids{"4"});
}

TEST_CASE("a parent that is gone holds nobody up, and shards seen twice start once") {
  ShardOrder order;
  order.add({shard("7", "3")});
  CHECK(order.take_startable() == Ids{"7"});
  order.add({shard("7", "3"), shard("8", "7")});
  CHECK(order.take_startable().empty());
  order.finish("7");
  order.add({shard("7", "3")});
  CHECK(order.take_startable() == Ids{"8"});
}

TEST_CASE("a place to read from is a word, an age, a time or a sequence number") {
  constexpr WallTime kNow{1'700'000'000'000};
  using Kind = ReadFrom::Kind;
  CHECK(parse_read_from("start", kNow)->kind == Kind::oldest);
  CHECK(parse_read_from("now", kNow)->kind == Kind::newest);
  CHECK(parse_read_from("90s", kNow)->time == WallTime{1'699'999'910'000});
  CHECK(parse_read_from("15m", kNow)->time == WallTime{1'699'999'100'000});
  CHECK(parse_read_from("2h", kNow)->time == WallTime{1'699'992'800'000});
  CHECK(parse_read_from("1d", kNow)->time == WallTime{1'699'913'600'000});
  CHECK(parse_read_from("2026-07-14T09:30:00Z", kNow)->time == WallTime{1'784'021'400'000});
  CHECK(parse_read_from("49170000000000000000000000000000000100000000000000000001", kNow)->kind == Kind::sequence);
  for (const char* text : {"", "yesterday", "15", "15 m", "-5m", "m", "15x", "TRIM_HORIZON"}) {
    INFO(text);
    auto place = parse_read_from(text, kNow);
    REQUIRE_FALSE(place);
    CHECK_THAT(place.error().text, Catch::Contains("is not a place to read from"));
  }
}

TEST_CASE("a shard is its number or its id") {
  CHECK(*shard_id_of("3") == "shardId-000000000003");
  CHECK(*shard_id_of("shardId-000000000012") == "shardId-000000000012");
  for (const char* text : {"", "x", "-1", "3x", "shardId-3", "99999999999"}) {
    INFO(text);
    CHECK_FALSE(shard_id_of(text));
  }
}

TEST_CASE("a test event has the fields of AWS, in their order and of their types") {
  EventSpec spec{.stream = "simple-stream", .shard = ShardNumber{6}, .arrival = {1'545'084'650'987}, .records = {}};
  spec.records = {{"1", "Hello, this is a test."}, {"1", "\xff"}};
  auto event = kinesis_event(spec);
  REQUIRE(event["Records"].size() == 2);
  std::string sequence = event["Records"][0]["kinesis"]["sequenceNumber"];
  CHECK(sequence.size() == 56);
  CHECK(
      event["Records"][0].dump() ==
      R"({"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"1","sequenceNumber":")" + sequence +
          R"(","data":"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==","approximateArrivalTimestamp":1545084650.987},)"
          R"("eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000006:)" +
          sequence +
          R"(","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::000000000000:role/shardmill",)"
          R"("awsRegion":"us-east-1","eventSourceARN":"arn:aws:kinesis:us-east-1:000000000000:stream/simple-stream"})");
  CHECK(event["Records"][1]["kinesis"]["data"] == "/w==");
  CHECK(event["Records"][1]["kinesis"]["sequenceNumber"].get<std::string>() > sequence);
}

TEST_CASE("the files of a new function carry its name and no mark is left") {
  auto files = scaffold("play-count");
  REQUIRE(files);
  Ids paths;
  for (const ScaffoldFile& file : *files) {
    paths.push_back(file.path);
    CHECK(file.text.find("@NAME@") == std::string::npos);
    CHECK_FALSE(file.text.empty());
  }
  CHECK(paths == Ids{"CMakeLists.txt", "play-count.cc", "play-count_test.cc", "play-count.json", "README.md",
                     ".gitignore", "event.json"});
}

TEST_CASE("a function's name is letters, digits, - and _") {
  for (const char* name : {"", "a b", "a/b", "../x", "\u00e4", "test", "all",
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    INFO(name);
    auto files = scaffold(name);
    REQUIRE_FALSE(files);
    CHECK(files.error().code == Errc::invalid);
  }
}
