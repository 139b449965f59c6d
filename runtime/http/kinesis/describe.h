// Streams and shards as JSON.
#pragma once

#include <string>
#include <string_view>

#include "api/streams.h"
#include "http/kinesis/api.h"
#include "http/kinesis/json_writer.h"

namespace shardmill::http::kinesis {

[[nodiscard]] std::string_view wire_name(StreamStatus status);
[[nodiscard]] std::string_view wire_name(StreamMode mode);

// Seconds with milliseconds: "1760000000.123".
[[nodiscard]] std::string seconds(WallTime time);

void write_shard(JsonWriter& json, const ShardInfo& shard);
void write_hash_range(JsonWriter& json, const HashRange& range);
// Name, ARN, status, mode and creation time: members of an open object.
void write_identity(JsonWriter& json, const Api& api, const StreamInfo& stream);
// Retention, monitoring, encryption: members of an open object.
void write_configuration(JsonWriter& json, const StreamInfo& stream);
// [{"Key": ..., "Value": ...}, ...]
void write_tags(JsonWriter& json, const std::map<std::string, std::string>& tags);

}  // namespace shardmill::http::kinesis
