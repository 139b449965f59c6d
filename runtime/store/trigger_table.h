// Triggers and how far each has settled each shard: the rows, and a copy in memory that the rules are checked
// against before anything is written. Writer thread only.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/streams.h"
#include "store/db.h"
#include "store/shard_state.h"

namespace shardmill::store {

class TriggerTable {
 public:
  static Result<TriggerTable> open(Database& db);
  Result<void> load();

  [[nodiscard]] std::optional<TriggerKey> find(const std::string& function, StreamId stream) const;
  // The furthest that any trigger has settled the shard.
  [[nodiscard]] std::unordered_map<ShardKey, Position> furthest() const;
  [[nodiscard]] TriggerState state(TriggerKey trigger) const;
  [[nodiscard]] std::size_t size() const { return triggers_.size(); }

  // Steps of a running database transaction. What they did becomes the truth with keep() and is undone with
  // forget(), which the writer calls after the commit or the rollback.
  Result<void> create(TriggerKey key, const std::string& function, StreamId stream,
                      const std::map<ShardKey, Position>& checkpoints);
  // invalid: the checkpoint would move backwards, or past the shard's end. not_found: no such trigger.
  [[nodiscard]] Result<void> allowed(const CheckpointMove& move, const ShardState& shard) const;
  Result<void> move(const CheckpointMove& move);
  Result<void> drop_shard(StreamId stream, ShardKey shard);
  Result<void> drop_stream(StreamId stream);

  void keep() { undo_.clear(); }
  void forget();

 private:
  struct Trigger {
    std::string function;
    StreamId stream{};
    std::unordered_map<ShardKey, Position> checkpoints;
  };
  // What a step overwrote in memory: one checkpoint (shard is set), or a whole trigger; nothing before: it was new.
  struct Undo {
    TriggerKey trigger;
    std::optional<ShardKey> shard;
    std::optional<Trigger> before;
    std::optional<Position> position;
  };

  Result<void> put(TriggerKey key, const std::string& function, StreamId stream, std::size_t checkpoints);

  Statement select_triggers_;
  Statement put_trigger_;
  Statement delete_trigger_;
  Statement select_checkpoints_;
  Statement put_checkpoint_;
  Statement delete_checkpoint_;
  Statement delete_checkpoints_;

  std::map<std::pair<std::string, StreamId>, TriggerKey> keys_;
  std::unordered_map<TriggerKey, Trigger> triggers_;
  std::vector<Undo> undo_;  // newest last
};

}  // namespace shardmill::store
