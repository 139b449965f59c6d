#include "http/kinesis/shard_filter.h"

#include <algorithm>

namespace shardmill::http::kinesis {
namespace {

// Before it there are no records: they have expired, or the stream did not exist.
WallTime trim_horizon(const StreamInfo& stream, WallTime now) {
  constexpr std::int64_t kHourMs = 3'600'000;
  return std::max(stream.created, WallTime{now.ms - stream.retention_hours * kHourMs});
}

bool open_since(const ShardInfo& shard, WallTime time) {
  return shard.is_open() || shard.closed >= time;
}

}  // namespace

bool needs_time(ShardFilterType type) {
  return type == ShardFilterType::at_timestamp || type == ShardFilterType::from_timestamp;
}

bool passes(const ShardFilter& filter, const StreamInfo& stream, const ShardInfo& shard, WallTime now) {
  WallTime horizon = trim_horizon(stream, now);
  WallTime time = std::max(filter.time, horizon);
  switch (filter.type) {
    case ShardFilterType::after_shard_id:
    case ShardFilterType::from_trim_horizon:
      return true;
    case ShardFilterType::at_trim_horizon:
      return shard.created <= horizon && open_since(shard, horizon);
    case ShardFilterType::at_latest:
      return shard.is_open();
    case ShardFilterType::at_timestamp:
      return shard.created <= time && open_since(shard, time);
    case ShardFilterType::from_timestamp:
      return open_since(shard, time);
  }
  return true;
}

}  // namespace shardmill::http::kinesis
