#include "store/tail.h"

namespace shardmill::store {
namespace {

// What a chunk takes besides its body: the object, its shared count, its places in two queues.
constexpr std::size_t kOverhead = 192;

}  // namespace

bool Tail::admit(const ShardRef& shard, const Chunk& chunk) {
  std::size_t cost = chunk.body.size() + kOverhead;
  if (cost > budget_) return false;
  while (bytes_ + cost > budget_) {
    Entry& oldest = entries_.front();
    oldest.shard->drop_front(oldest.first);
    bytes_ -= oldest.cost;
    entries_.pop_front();
  }
  bytes_ += cost;
  entries_.push_back({shard, chunk.first, cost});
  return true;
}

}  // namespace shardmill::store
