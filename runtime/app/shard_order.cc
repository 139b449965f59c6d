#include "app/shard_order.h"

#include <algorithm>

namespace shardmill::app {

void ShardOrder::add(const std::vector<ShardSummary>& shards) {
  for (const ShardSummary& shard : shards) {
    auto [at, fresh] = shards_.try_emplace(shard.id);
    if (!fresh) continue;
    for (const std::string& parent : {shard.parent, shard.adjacent_parent}) {
      if (!parent.empty()) at->second.parents.push_back(parent);
    }
  }
}

void ShardOrder::finish(const std::string& id) {
  shards_[id].state = State::finished;
}

bool ShardOrder::may_start(const Shard& shard) const {
  return shard.state == State::waiting && std::ranges::all_of(shard.parents, [this](const std::string& parent) {
           auto at = shards_.find(parent);
           return at == shards_.end() || at->second.state == State::finished;
         });
}

std::vector<std::string> ShardOrder::take_startable() {
  std::vector<std::string> startable;
  for (auto& [id, shard] : shards_) {
    if (may_start(shard)) startable.push_back(id);
  }
  for (const std::string& id : startable) shards_[id].state = State::started;
  return startable;
}

}  // namespace shardmill::app
