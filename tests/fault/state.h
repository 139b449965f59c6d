// What must be in the store: the rules of streams, shards, records and checkpoints once more, on plain values, without
// disk or threads. A transaction that the store acknowledges moves the state; what the store holds is compared with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"
#include "tests/unit/store/store_fixture.h"

namespace shardmill::test {

struct ChunkState {
  Position first;
  WallTime arrival;
  std::vector<Record> records;
};

struct ShardState {
  std::string stream;
  ShardNumber number{};
  HashRange range;
  std::optional<ShardNumber> parent;
  std::optional<ShardNumber> adjacent_parent;
  std::optional<WallTime> closed;
  Position horizon{1};
  Position end;
  WallTime arrival;                                       // of the newest record
  std::vector<std::shared_ptr<const ChunkState>> chunks;  // shared: by the states before and after
};

struct StreamState {
  StreamId id{};
  std::uint32_t retention_hours = 24;
  std::uint32_t next_number = 0;
  std::optional<TriggerKey> trigger;
  std::map<ShardKey, Position> checkpoints;
};

// A transaction as its author means it.
struct Plan {
  struct Put {
    ShardKey shard{};
    std::vector<Record> records;
  };
  std::vector<Put> puts;
  std::vector<CheckpointMove> moves;
};

struct State {
  std::map<std::string, StreamState> streams;
  std::map<ShardKey, ShardState> shards;
  std::uint32_t next_stream = 1;
  std::uint32_t next_shard = 1;
  std::uint32_t next_trigger = 1;

  // Each does what the store does when the operation succeeds.
  void create(const std::string& name, std::uint32_t shards);
  void remove(const std::string& name);
  void open_trigger(const std::string& name);
  void split(ShardKey shard, HashKey second_starts, WallTime now);
  void merge(ShardKey first, ShardKey second, WallTime now);
  // Of the shards that `of` accepts.
  void sweep(WallTime now, const std::function<bool(ShardKey)>& of = [](ShardKey) { return true; });
  // The first positions of the puts, or why the store must refuse all of it.
  Result<std::vector<Position>> commit(const Plan& plan, WallTime now);

  [[nodiscard]] std::vector<ShardKey> open_shards(const std::string& stream) const;

 private:
  ShardKey add_shard(const std::string& stream, HashRange range);
  [[nodiscard]] std::optional<Errc> refusal(const Plan& plan) const;
};

// The first difference between the state and what the open store says, or nothing. Reads everything, in pieces of up to
// `records` records.
std::optional<std::string> difference(const State& state, Store& store, std::uint32_t records);
// The same of records only: what a store can still tell that cannot write.
std::optional<std::string> record_difference(const State& state, Store& store, std::uint32_t records);

}  // namespace shardmill::test
