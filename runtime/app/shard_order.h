// In which order a stream's shards are read: a shard starts when all its parents have been read to their ends. A pure
// rule: no I/O.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/stream_api.h"

namespace shardmill::app {

class ShardOrder {
 public:
  // Shards as listed; those known already are ignored. A parent that was never added is gone: nobody waits for it.
  void add(const std::vector<ShardSummary>& shards);
  // The shard will not be read, or has been read to its end.
  void finish(const std::string& id);
  // The shards that may start now, by id, each only once.
  std::vector<std::string> take_startable();

 private:
  enum class State { waiting, started, finished };
  struct Shard {
    State state = State::waiting;
    std::vector<std::string> parents;
  };
  [[nodiscard]] bool may_start(const Shard& shard) const;

  std::map<std::string, Shard> shards_;
};

}  // namespace shardmill::app
