#include "store/check_ranges.h"

#include <algorithm>

#include <fmt/format.h>

namespace shardmill::store {
namespace {

void complain_of_holes(const std::vector<ShardInfo>& shards, std::vector<std::string>& complaints) {
  std::vector<const ShardInfo*> open;
  for (const ShardInfo& shard : shards) {
    if (shard.is_open()) open.push_back(&shard);
  }
  std::ranges::sort(open, {}, [](const ShardInfo* shard) { return shard->range.first; });
  HashKey next = 0;
  for (const ShardInfo* shard : open) {
    if (shard->range.first != next || shard->range.last < shard->range.first) {
      complaints.push_back(fmt::format("{} begins at key {}, wanted {}: the open shards do not tile the keys",
                                       shard_id(shard->number), to_decimal(shard->range.first), to_decimal(next)));
    }
    next = shard->range.last + 1;  // 0 behind the last key
  }
  if (open.empty() || next != 0) complaints.emplace_back("the open shards do not reach to the last key");
}

void complain_of_parents(const std::vector<ShardInfo>& shards, std::vector<std::string>& complaints) {
  for (const ShardInfo& shard : shards) {
    for (const auto& number : {shard.parent, shard.adjacent_parent}) {
      if (!number) continue;
      if (*number >= shard.number) {
        complaints.push_back(
            fmt::format("{} has {} as its parent, which is younger", shard_id(shard.number), shard_id(*number)));
        continue;
      }
      auto parent = std::ranges::lower_bound(shards, *number, {}, &ShardInfo::number);
      if (parent == shards.end() || parent->number != *number) continue;  // retention has taken it
      bool touches = parent->range.first <= shard.range.last && shard.range.first <= parent->range.last;
      if (parent->is_open() || !touches) {
        complaints.push_back(fmt::format("{} is the parent of {} and {}", shard_id(*number), shard_id(shard.number),
                                         parent->is_open() ? "is open" : "had other keys"));
      }
    }
  }
}

}  // namespace

std::vector<std::string> range_complaints(const std::vector<ShardInfo>& shards) {
  std::vector<std::string> complaints;
  complain_of_holes(shards, complaints);
  complain_of_parents(shards, complaints);
  return complaints;
}

}  // namespace shardmill::store
