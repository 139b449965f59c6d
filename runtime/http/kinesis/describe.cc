#include "http/kinesis/describe.h"

#include <fmt/format.h>

namespace shardmill::http::kinesis {

std::string_view wire_name(StreamStatus status) {
  switch (status) {
    case StreamStatus::creating:
      return "CREATING";
    case StreamStatus::active:
      return "ACTIVE";
    case StreamStatus::updating:
      return "UPDATING";
    case StreamStatus::deleting:
      return "DELETING";
  }
  return "ACTIVE";
}

std::string_view wire_name(StreamMode mode) {
  return mode == StreamMode::on_demand ? "ON_DEMAND" : "PROVISIONED";
}

std::string seconds(WallTime time) {
  return fmt::format("{}.{:03}", time.ms / 1000, time.ms % 1000);
}

void write_hash_range(JsonWriter& json, const HashRange& range) {
  json.begin_object()
      .member("StartingHashKey", to_decimal(range.first))
      .member("EndingHashKey", to_decimal(range.last))
      .end_object();
}

void write_shard(JsonWriter& json, const ShardInfo& shard) {
  json.begin_object().member("ShardId", shard_id(shard.number));
  if (shard.parent) json.member("ParentShardId", shard_id(*shard.parent));
  if (shard.adjacent_parent) json.member("AdjacentParentShardId", shard_id(*shard.adjacent_parent));
  json.key("HashKeyRange");
  write_hash_range(json, shard.range);
  json.key("SequenceNumberRange").begin_object();
  json.member("StartingSequenceNumber", sequence_number(shard.prefix, Position{0}));
  if (shard.closed_at) json.member("EndingSequenceNumber", sequence_number(shard.prefix, *shard.closed_at));
  json.end_object().end_object();
}

void write_identity(JsonWriter& json, const Api& api, const StreamInfo& stream) {
  json.member("StreamName", stream.name).member("StreamARN", api.arn_of(stream.name));
  json.member("StreamStatus", wire_name(stream.status));
  json.key("StreamModeDetails").begin_object().member("StreamMode", wire_name(stream.mode)).end_object();
  json.key("StreamCreationTimestamp").raw(seconds(stream.created));
}

void write_configuration(JsonWriter& json, const StreamInfo& stream) {
  json.member("RetentionPeriodHours", stream.retention_hours);
  json.key("EnhancedMonitoring").raw(R"([{"ShardLevelMetrics":[]}])");
  json.member("EncryptionType", "NONE");
}

void write_tags(JsonWriter& json, const std::map<std::string, std::string>& tags) {
  json.begin_array();
  for (const auto& [key, value] : tags) json.begin_object().member("Key", key).member("Value", value).end_object();
  json.end_array();
}

}  // namespace shardmill::http::kinesis
