// What an operation takes: its members with their types and constraints, as data. One validator reads them all.
//
// The order of members is the order in which AWS reports several violations of one request.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace shardmill::http::kinesis {

enum class Type { boolean, integer, string, blob, timestamp, list, map, structure };

enum class Pattern {
  none,
  name,             // [a-zA-Z0-9_.-]+
  hash_key,         // 0|([1-9]\d{0,38})
  sequence_number,  // 0|([1-9]\d{0,128})
  stream_arn,       // arn:aws.*:kinesis:.*:\d{12}:stream/\S+
  resource_arn,     // arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+
  stream_id,        // [a-z0-9]{20}-[a-z0-9]{3}
};

struct Range {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
inline constexpr Range kAny{};

struct Member {
  std::string_view name;
  Type type = Type::string;
  bool required = false;
  Pattern pattern = Pattern::none;
  Range range = kAny;                             // of the value of an integer, of the length of anything else
  std::span<const std::string_view> one_of = {};  // the allowed texts; empty: any
  std::span<const Member> members = {};           // of a structure, or of a list's structures
  Type element = Type::string;                    // what a list holds: strings or structures
  Range element_length = kAny;                    // of each string of a list, of each key of a map
  Range value_length = kAny;                      // of each value of a map
  // A list of structures is shown by this in messages, once for each element.
  std::string_view element_shown = {};
};

// ---- members that many operations share ------------------------------------------------------------------------

constexpr Member stream_name(std::string_view name = "StreamName", bool required = false) {
  return {.name = name, .required = required, .pattern = Pattern::name, .range = {1, 128}};
}
constexpr Member stream_arn(bool required = false) {
  return {.name = "StreamARN", .required = required, .pattern = Pattern::stream_arn, .range = {1, 2048}};
}
constexpr Member resource_arn() {
  return {.name = "ResourceARN", .required = true, .pattern = Pattern::resource_arn, .range = {1, 2048}};
}
constexpr Member shard_id(std::string_view name, bool required) {
  return {.name = name, .required = required, .pattern = Pattern::name, .range = {1, 128}};
}
constexpr Member hash_key(std::string_view name, bool required) {
  return {.name = name, .required = required, .pattern = Pattern::hash_key};
}
constexpr Member sequence_number(std::string_view name) {
  return {.name = name, .pattern = Pattern::sequence_number};
}
constexpr Member integer(std::string_view name, Range range, bool required = false) {
  return {.name = name, .type = Type::integer, .required = required, .range = range};
}
constexpr Member timestamp(std::string_view name) {
  return {.name = name, .type = Type::timestamp};
}
constexpr Member next_token() {
  return {.name = "NextToken", .range = {1, 1048576}};
}
constexpr Member partition_key() {
  return {.name = "PartitionKey", .required = true, .range = {1, 256}};
}
constexpr Member tag_map(bool required) {
  return {.name = "Tags",
          .type = Type::map,
          .required = required,
          .range = {1, 200},
          .element_length = {1, 128},
          .value_length = {0, 256}};
}
constexpr Member tag_keys() {
  return {.name = "TagKeys", .type = Type::list, .required = true, .range = {1, 50}, .element_length = {1, 128}};
}

inline constexpr std::int64_t kMaxRecordBytes = 1048576;
constexpr Member record_data() {
  return {.name = "Data", .type = Type::blob, .required = true, .range = {0, kMaxRecordBytes}};
}

inline constexpr std::string_view kStreamModes[] = {"PROVISIONED", "ON_DEMAND"};
inline constexpr Member kStreamModeMembers[] = {{.name = "StreamMode", .required = true, .one_of = kStreamModes}};
constexpr Member stream_mode_details(bool required) {
  return {
      .name = "StreamModeDetails", .type = Type::structure, .required = required, .members = kStreamModeMembers};
}

}  // namespace shardmill::http::kinesis
