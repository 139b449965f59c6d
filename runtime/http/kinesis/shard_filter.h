// Which shards a ListShards filter lets through. Pure rules.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/streams.h"

namespace shardmill::http::kinesis {

// In the order of kShardFilterNames.
enum class ShardFilterType : std::uint8_t {
  after_shard_id,     // the shards behind a given one; the caller skips the others
  at_trim_horizon,    // open when the oldest record still kept came in
  from_trim_horizon,  // those and all later ones: every shard there is
  at_latest,          // open now
  at_timestamp,       // open at a time
  from_timestamp,     // those and all later ones
};
inline constexpr std::string_view kShardFilterNames[] = {"AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON",
                                                         "AT_LATEST",      "AT_TIMESTAMP",    "FROM_TIMESTAMP"};

struct ShardFilter {
  ShardFilterType type = ShardFilterType::from_trim_horizon;
  WallTime time;  // with at_timestamp and from_timestamp; one before the trim horizon means the trim horizon
};

[[nodiscard]] bool needs_time(ShardFilterType type);
[[nodiscard]] bool passes(const ShardFilter& filter, const StreamInfo& stream, const ShardInfo& shard,
                          WallTime now);

}  // namespace shardmill::http::kinesis
