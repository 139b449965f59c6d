// The byte budget of the in-memory tails of all shards: the chunk that was appended longest ago leaves first.
// Writer thread only; the tails themselves are guarded by their shards.
#pragma once

#include <cstddef>
#include <deque>

#include "store/shard_state.h"

namespace shardmill::store {

class Tail {
 public:
  explicit Tail(std::size_t budget) : budget_(budget) {}

  // Makes room for a chunk that is about to be published. False: it is larger than the whole budget, do not keep it.
  bool admit(const ShardRef& shard, const Chunk& chunk);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    ShardRef shard;  // shared: the shard may be dropped while its chunks are still counted here
    Position first;
    std::size_t cost;
  };

  const std::size_t budget_;
  std::size_t bytes_ = 0;
  std::deque<Entry> entries_;  // oldest first
};

}  // namespace shardmill::store
