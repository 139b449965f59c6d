// What is live about one shard: where it ends, what of it is in memory, and who waits for more. The snapshots of the
// catalogue stay as they are while records come in; only this changes.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/streams.h"

namespace shardmill::store {

// Why a shard is neither read nor written: acknowledged records of it are not in the database any more.
struct Refusal {
  Position reach;   // how far the shard had come
  std::string why;  // goes on after the shard's name
};

// The newest chunks of a shard, oldest first, without holes. Guarded by its shard.
class TailRing {
 public:
  [[nodiscard]] bool empty() const { return begin_ == chunks_.size(); }
  [[nodiscard]] const std::shared_ptr<const Chunk>& front() const { return chunks_[begin_]; }
  void push(std::shared_ptr<const Chunk> chunk) { chunks_.push_back(std::move(chunk)); }
  void pop_front();
  void clear();
  // The chunks from the one that holds `from` on; `from` is not before front().
  [[nodiscard]] std::span<const std::shared_ptr<const Chunk>> from(Position from) const;
  [[nodiscard]] std::span<const std::shared_ptr<const Chunk>> all() const;

 private:
  std::vector<std::shared_ptr<const Chunk>> chunks_;  // shared: readers keep chunks that have left the tail
  std::size_t begin_ = 0;
};

// What an append builds on.
struct Written {
  Position end;
  std::uint32_t seal = 0;  // of the last chunk
  WallTime arrival;        // of the last chunk; times within a shard never go back
};

class ShardState : public std::enable_shared_from_this<ShardState> {
 public:
  ShardState(ShardKey key, ShardNumber number, std::shared_ptr<const std::string> stream)
      : key(key), number(number), stream(std::move(stream)) {}

  // Set once.
  const ShardKey key;
  const ShardNumber number;
  const std::shared_ptr<const std::string> stream;  // shared by all shards of the stream

  // "stream orders, shardId-000000000003"
  [[nodiscard]] std::string name() const;

  // Writer thread only.
  Written written;    // with what the running group has added
  Written committed;  // durable
  WallTime oldest;    // no record kept is older
  bool open = true;

  // Any thread.
  [[nodiscard]] ShardBounds bounds() const;
  [[nodiscard]] std::optional<Refusal> refusal() const;
  // From memory only; nothing if that is not enough.
  [[nodiscard]] std::optional<Result<ReadResult>> try_read(const ReadRequest& request) const;
  // Likewise. The tail answers only for times after its first chunk's.
  [[nodiscard]] std::optional<Result<Position>> try_find(WallTime time) const;
  [[nodiscard]] Result<void> readable() const;
  std::unique_ptr<Interface> wake_when_after(Position after, std::move_only_function<void()> wake);

  // Writer thread. Each wakes those whose wait is over.
  void publish(std::shared_ptr<const Chunk> chunk, bool keep_in_tail);
  void publish_closed();
  void publish_gone();

  // Writer thread.
  void set_horizon(Position horizon, std::uint32_t seal);
  void restore(Position horizon, std::uint32_t horizon_seal, Written durable, bool closed);
  void refuse(std::optional<Refusal> refusal);
  void drop_front(Position first);  // of the tail, if it is that chunk

  // The first position that retention has left.
  struct Horizon {
    Position first{1};
    std::uint32_t seal = 0;  // of the chunk before it
  };
  [[nodiscard]] Horizon horizon() const;

 private:
  struct Waiter {
    Position after;
    std::move_only_function<void()> wake;
  };
  class WaiterHandle;

  [[nodiscard]] bool over(Position after) const { return end_ > after || closed_ || gone_; }
  void wake_waiters();
  [[nodiscard]] Result<void> readable_locked() const;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Position end_;
  Horizon horizon_;
  bool closed_ = false;
  bool gone_ = false;
  std::optional<Refusal> refusal_;
  TailRing tail_;
  std::list<Waiter> waiters_;
};
// Shared: readers and waiters hold on to a shard that the catalogue may drop at any moment.
using ShardRef = std::shared_ptr<ShardState>;

// All shards by key. Any thread reads; the writer thread changes.
class ShardTable {
 public:
  [[nodiscard]] ShardRef find(ShardKey key) const;
  void add(std::span<const ShardRef> shards);
  // Removes the shard and returns it; null if there is none.
  ShardRef remove(ShardKey key);

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<ShardKey, ShardRef> shards_;  // guarded by mutex_
};

}  // namespace shardmill::store
