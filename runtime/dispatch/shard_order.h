// Which shards of a stream a trigger may read now: a shard's parents come before it, so that the records of one
// partition key stay in order through splits and merges.
#pragma once

#include <set>
#include <vector>

#include "api/streams.h"

namespace shardmill::dispatch {

// Indices into `stream.shards` of the shards that are not in `finished` and whose ancestors all are. An ancestor that the
// stream no longer knows (retention removed it) counts as finished. All ancestors are looked at, not only parents:
// a shard that was closed before it had a record has nothing to settle while its own parent still has.
[[nodiscard]] std::vector<std::size_t> startable(const StreamInfo& stream, const std::set<ShardNumber>& finished);

// True if a trigger that settled everything up to `checkpoint` has nothing more to do in `shard`.
[[nodiscard]] inline bool is_finished(const ShardInfo& shard, Position checkpoint) {
  return shard.closed_at && checkpoint >= *shard.closed_at;
}

}  // namespace shardmill::dispatch
