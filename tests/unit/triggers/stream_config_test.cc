#include <catch2/catch.hpp>

#include "triggers/stream/config.h"

using namespace shardmill;
using Lines = std::vector<std::string>;

namespace {

constexpr WallTime kNow{1'784'021'400'000};  // 2026-07-14T09:30:00Z

struct Read {
  FunctionFile file;
  Lines problems;
  std::vector<std::string> streams;
};

Read read(std::string_view triggers) {
  SettingsProblems problems;
  SettingsDocument document = SettingsDocument::parse(triggers, problems);
  Read result;
  for (const SettingsNode& node : document.root().items("a list")) {
    triggers::stream::kind().read(node, kNow, result.file);
  }
  result.problems = problems.lines();
  for (const StreamMention& mention : result.file.streams) result.streams.push_back(mention.stream);
  result.file.streams.clear();  // they borrow from the document
  return result;
}

}  // namespace

TEST_CASE("a stream trigger has the defaults of an event source mapping") {
  Read result = read(R"([{"Stream": "clicks"}])");
  CHECK(result.problems.empty());
  StreamTrigger wanted;
  wanted.stream = "clicks";
  CHECK(result.file.settings.stream_triggers == std::vector<StreamTrigger>{wanted});
  CHECK(result.streams == std::vector<std::string>{"clicks"});
}

TEST_CASE("every setting of a stream trigger is read") {
  Read result = read(R"([
    {"Stream": "arn:aws:kinesis:us-east-1:000000000000:stream/clicks", "BatchSize": 10000,
     "MaximumBatchingWindowInSeconds": 300, "StartingPosition": "AT_TIMESTAMP",
     "StartingPositionTimestamp": "2026-07-14T09:30:00Z", "Enabled": false},
    {"Stream": "plays", "StartingPosition": "LATEST"}])");
  CHECK(result.problems == Lines{});
  REQUIRE(result.file.settings.stream_triggers.size() == 2);
  const StreamTrigger& trigger = result.file.settings.stream_triggers[0];
  CHECK(trigger.stream == "clicks");
  CHECK(trigger.batch_size == 10'000);
  CHECK(trigger.batching_window == std::chrono::seconds(300));
  CHECK(trigger.start == StartingPosition::at_timestamp);
  CHECK(trigger.start_time == kNow);
  CHECK_FALSE(trigger.enabled);
  CHECK(result.file.settings.stream_triggers[1].start == StartingPosition::latest);
}

TEST_CASE("all that is wrong with stream triggers comes at once") {
  CHECK(
      read(R"([
    {"Stream": "clicks", "BatchSize": "abc", "BatchSiz": 1},
    {"Stream": "clicks", "MaximumBatchingWindowInSeconds": 301},
    {"Stream": 5, "Enabled": 1},
    {"Stream": "arn:aws:sqs:us-east-1:000000000000:queue"},
    {"Stream": "a", "StartingPosition": "latest"},
    {"Stream": "b", "StartingPosition": "AT_TIMESTAMP"},
    {"Stream": "c", "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1784021401},
    {"Stream": "d", "StartingPosition": "LATEST", "StartingPositionTimestamp": 1},
    {"Stream": "e", "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": "yesterday"}])")
          .problems ==
      Lines{
          R"([0].BatchSize: found "abc" (string), wanted a number from 1 to 10,000)",
          R"([0]: "BatchSiz" is not known here; did you mean "BatchSize"?)",
          R"([1].Stream: "clicks" has a trigger of this function already; wanted one per stream)",
          "[1].MaximumBatchingWindowInSeconds: found 301 (number), wanted a number from 0 to 300",
          "[2].Stream: found 5 (number), wanted the name or ARN of a stream",
          "[2].Enabled: found 1 (number), wanted true or false",
          R"([3].Stream: found "arn:aws:sqs:us-east-1:000000000000:queue" (string), wanted the name or ARN of a stream)",
          R"([4].StartingPosition: found "latest" (string), wanted "TRIM_HORIZON", "LATEST" or "AT_TIMESTAMP"; did you mean "LATEST"?)",
          R"([5]: "StartingPositionTimestamp" is missing, wanted a time, because StartingPosition is AT_TIMESTAMP)",
          "[6].StartingPositionTimestamp: found 1784021401 (number), wanted a time that is not in the future",
          R"([7].StartingPositionTimestamp: is only for "StartingPosition": "AT_TIMESTAMP")",
          R"([8].StartingPositionTimestamp: found "yesterday" (string), wanted a time: seconds since 1970, or "2026-01-31T12:00:00Z")"});
}
