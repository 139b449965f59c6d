#include "app/stream_api.h"

#include <chrono>
#include <cmath>
#include <thread>

#include <fmt/format.h>

#include "api/sequence.h"
#include "app/terminal.h"
#include "base/nearest.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

StreamSummary summary_of(const json& answer) {
  const json& stream = answer.at("StreamDescriptionSummary");
  StreamSummary summary;
  summary.name = stream.at("StreamName").get<std::string>();
  summary.arn = stream.at("StreamARN").get<std::string>();
  summary.status = stream.at("StreamStatus").get<std::string>();
  summary.mode = stream.value("StreamModeDetails", json::object()).value("StreamMode", "PROVISIONED");
  summary.open_shards = stream.at("OpenShardCount").get<std::uint64_t>();
  summary.retention_hours = stream.at("RetentionPeriodHours").get<std::uint64_t>();
  summary.created = time_of(stream.at("StreamCreationTimestamp"));
  return summary;
}

ShardSummary shard_of(const json& shard) {
  ShardSummary summary;
  summary.id = shard.at("ShardId").get<std::string>();
  summary.first_hash = shard.at("HashKeyRange").at("StartingHashKey").get<std::string>();
  summary.last_hash = shard.at("HashKeyRange").at("EndingHashKey").get<std::string>();
  summary.parent = shard.value("ParentShardId", "");
  summary.adjacent_parent = shard.value("AdjacentParentShardId", "");
  summary.first_sequence = shard.at("SequenceNumberRange").at("StartingSequenceNumber").get<std::string>();
  summary.last_sequence = shard.at("SequenceNumberRange").value("EndingSequenceNumber", "");
  return summary;
}

Error missing_stream(Client& client, const std::string& stream) {
  std::string text = fmt::format("there is no stream \"{}\"", printable(stream));
  if (Result<std::vector<std::string>> names = list_streams(client)) {
    text += names->empty() ? "; there are no streams yet" : did_you_mean(stream, *names);
  }
  return {Errc::not_found, std::move(text)};
}

}  // namespace

WallTime time_of(const json& seconds) {
  return {std::llround(seconds.get<double>() * 1000)};
}

Result<json> stream_call(Client& client, std::string_view operation, const std::string& stream, json input) {
  input["StreamName"] = stream;
  Result<json> answer = client.kinesis(operation, input);
  // "... not found" is also said of shards; only a missing stream is explained here.
  if (!answer && answer.error().code == Errc::not_found && answer.error().text.contains("Stream ")) {
    return std::unexpected(missing_stream(client, stream));
  }
  return answer;
}

Result<StreamSummary> describe_stream(Client& client, const std::string& name) {
  Result<json> answer = stream_call(client, "DescribeStreamSummary", name, json::object());
  if (!answer) return std::unexpected(answer.error());
  return read_answer("DescribeStreamSummary", *answer, summary_of);
}

Result<std::vector<ShardSummary>> list_shards(Client& client, const std::string& stream) {
  std::vector<ShardSummary> shards;
  Result<json> answer = stream_call(client, "ListShards", stream, json::object());
  for (;;) {
    if (!answer) return std::unexpected(answer.error());
    auto next = read_answer("ListShards", *answer, [&](const json& page) {
      for (const json& shard : page.at("Shards")) shards.push_back(shard_of(shard));
      return page.contains("NextToken") && page["NextToken"].is_string() ? page["NextToken"].get<std::string>()
                                                                         : "";
    });
    if (!next) return std::unexpected(next.error());
    if (next->empty()) return shards;
    answer = client.kinesis("ListShards", {{"NextToken", *next}});
  }
}

Result<std::vector<std::string>> list_streams(Client& client) {
  std::vector<std::string> names;
  for (json input = json::object();;) {
    Result<json> answer = client.kinesis("ListStreams", input);
    if (!answer) return std::unexpected(answer.error());
    auto more = read_answer("ListStreams", *answer, [&](const json& page) {
      for (const json& name : page.at("StreamNames")) names.push_back(name.get<std::string>());
      return page.at("HasMoreStreams").get<bool>();
    });
    if (!more) return std::unexpected(more.error());
    if (!*more || names.empty()) return names;
    input["ExclusiveStartStreamName"] = names.back();
  }
}

Result<StreamSummary> wait_until_active(Client& client, const std::string& stream) {
  constexpr std::chrono::milliseconds kPause{50};
  constexpr int kTries = 600;
  for (int i = 0;; ++i) {
    Result<StreamSummary> summary = describe_stream(client, stream);
    if (!summary || summary->status == "ACTIVE") return summary;
    if (i == kTries) {
      return fail(Errc::internal, fmt::format("stream \"{}\" is still {} after 30 s", stream, summary->status));
    }
    std::this_thread::sleep_for(kPause);
  }
}

Result<std::string> shard_id_of(std::string_view text) {
  if (parse_shard_id(text)) return std::string(text);
  std::uint32_t number = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && stop == text.data() + text.size()) return shard_id(ShardNumber{number});
  return fail(
      Errc::invalid,
      fmt::format("\"{}\" is not a shard; wanted a number, or an id like shardId-000000000003", printable(text)));
}

}  // namespace shardmill::app
