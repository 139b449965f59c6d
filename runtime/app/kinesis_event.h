// The event that AWS Lambda hands to a function for records of a Kinesis stream, as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/ids.h"

namespace shardmill::app {

struct EventRecord {
  std::string partition_key;
  std::string data;  // any bytes
};

struct EventSpec {
  std::string stream = "stream";
  ShardNumber shard{0};
  WallTime arrival;  // of the first record; the others follow a millisecond apart
  std::vector<EventRecord> records;
};

// AWS's field names, values and order of keys.
[[nodiscard]] nlohmann::ordered_json kinesis_event(const EventSpec& spec);

}  // namespace shardmill::app
