#include "app/kinesis_event.h"

#include <fmt/format.h>

#include "api/sequence.h"
#include "base/base64.h"

namespace shardmill::app {
namespace {

constexpr const char* kRegion = "us-east-1";
constexpr const char* kAccount = "000000000000";
// When the imagined shard was created: fixed, so that the same records give the same sequence numbers.
constexpr std::int64_t kShardCreatedUs = 1'700'000'000'000'000;

}  // namespace

nlohmann::ordered_json kinesis_event(const EventSpec& spec) {
  using json = nlohmann::ordered_json;
  SequencePrefix prefix = sequence_prefix(kShardCreatedUs, spec.shard, StreamId{1});
  json records = json::array();
  for (std::size_t i = 0; i < spec.records.size(); ++i) {
    const EventRecord& record = spec.records[i];
    std::string sequence = sequence_number(prefix, Position{i + 1});
    double arrival = static_cast<double>(spec.arrival.ms + static_cast<std::int64_t>(i)) / 1000;
    records.push_back(
        {{"kinesis",
          {{"kinesisSchemaVersion", "1.0"},
           {"partitionKey", record.partition_key},
           {"sequenceNumber", sequence},
           {"data", base64_encode(as_bytes(record.data))},
           {"approximateArrivalTimestamp", arrival}}},
         {"eventSource", "aws:kinesis"},
         {"eventVersion", "1.0"},
         {"eventID", shard_id(spec.shard) + ":" + sequence},
         {"eventName", "aws:kinesis:record"},
         {"invokeIdentityArn", fmt::format("arn:aws:iam::{}:role/shardmill", kAccount)},
         {"awsRegion", kRegion},
         {"eventSourceARN", fmt::format("arn:aws:kinesis:{}:{}:stream/{}", kRegion, kAccount, spec.stream)}});
  }
  return {{"Records", std::move(records)}};
}

}  // namespace shardmill::app
