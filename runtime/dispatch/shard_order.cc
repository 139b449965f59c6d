#include "dispatch/shard_order.h"

namespace shardmill::dispatch {

std::vector<std::size_t> startable(const StreamInfo& stream, const std::set<ShardNumber>& finished) {
  // Whether a shard and all its ancestors are finished. Parents have lower numbers and stand before their children.
  std::vector<bool> done(stream.shards.size());
  auto is_done = [&](const std::optional<ShardNumber>& parent) {
    const ShardInfo* shard = parent ? stream.shard(*parent) : nullptr;
    return shard == nullptr || done[static_cast<std::size_t>(shard - stream.shards.data())];
  };
  std::vector<std::size_t> may_start;
  for (std::size_t i = 0; i < stream.shards.size(); ++i) {
    const ShardInfo& shard = stream.shards[i];
    if (!is_done(shard.parent) || !is_done(shard.adjacent_parent)) continue;
    done[i] = finished.contains(shard.number);
    if (!done[i]) may_start.push_back(i);
  }
  return may_start;
}

}  // namespace shardmill::dispatch
