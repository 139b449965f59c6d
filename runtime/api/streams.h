// The data plane on one screen: what a stream is, and the interfaces that read it, write it and change it.
// runtime/store implements all of them; tests and the simulation implement them in memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/chunk.h"
#include "api/hash_key.h"
#include "api/ids.h"
#include "api/sequence.h"
#include "api/task.h"
#include "base/interface.h"
#include "base/result.h"

namespace shardmill {

// ---- what is there ---------------------------------------------------------------------------------------------

// A shard's description as of one moment. `end` is in the same snapshot only for closed shards: for a live view ask
// StreamReader::bounds.
struct ShardInfo {
  ShardKey key{};
  ShardNumber number{};
  HashRange range;
  SequencePrefix prefix{};
  WallTime created;
  std::optional<ShardNumber> parent;           // of a split, and the first of a merge
  std::optional<ShardNumber> adjacent_parent;  // the second of a merge
  std::optional<Position> closed_at;           // last position of a closed shard (0: it never had a record)
  WallTime closed;                             // meaningful with closed_at

  [[nodiscard]] bool is_open() const { return !closed_at.has_value(); }
};

enum class StreamStatus { creating, active, updating, deleting };
enum class StreamMode { provisioned, on_demand };

// Immutable snapshot of a stream. The store publishes a new one on every change.
struct StreamInfo {
  StreamId id{};
  std::string name;
  StreamStatus status = StreamStatus::active;
  StreamMode mode = StreamMode::provisioned;
  WallTime created;
  std::uint32_t retention_hours = 24;
  bool enforce_limits = false;  // AWS's shard limits answer ProvisionedThroughputExceeded
  std::map<std::string, std::string> tags;
  std::vector<ShardInfo> shards;  // by number, expired closed ones left out
  std::vector<std::uint32_t>
      open_by_hash;  // indices into `shards` of the open ones, by range: they tile the key space

  // The open shard that owns `key`.
  [[nodiscard]] const ShardInfo& route(HashKey key) const {
    std::size_t low = 0;
    for (std::size_t high = open_by_hash.size(); high - low > 1;) {
      std::size_t middle = (low + high) / 2;
      (shards[open_by_hash[middle]].range.first <= key ? low : high) = middle;
    }
    return shards[open_by_hash[low]];
  }
  [[nodiscard]] const ShardInfo* shard(ShardNumber number) const {
    auto at = std::lower_bound(shards.begin(), shards.end(), number,
                               [](const ShardInfo& shard, ShardNumber wanted) { return shard.number < wanted; });
    return at != shards.end() && at->number == number ? &*at : nullptr;
  }
};
using StreamRef =
    std::shared_ptr<const StreamInfo>;  // shared: a reader keeps its snapshot while the store moves on

// ---- reading ---------------------------------------------------------------------------------------------------

struct ReadRequest {
  ShardKey shard{};
  Position from;                  // the first position wanted; records below the horizon are skipped
  std::uint32_t max_records = 0;  // at least 1
  std::size_t max_bytes = 0;      // keys + data; at least one record is returned however large
};

struct ReadResult {
  std::vector<ChunkSlice> slices;  // in order, no holes but those that retention made
  Position next;                   // where to read on
  Position end;                    // last committed position of the shard when this was read (0: none)
  bool shard_ended = false;        // the shard is closed and `next` is behind its last record
};

struct ShardBounds {
  Position horizon;     // the oldest record still kept; end + 1 when there is none
  Position end;         // the last committed record
  bool closed = false;  // no record will ever follow `end`
};

class StreamReader : public Interface {
 public:
  // Any thread. From memory only: nothing if the answer needs the disk.
  virtual std::optional<Result<ReadResult>> try_read(const ReadRequest& request) = 0;
  // Any thread. Fails with not_found (no such shard), corrupt, io. The callback runs on a reader thread.
  virtual void read(ReadRequest request, Callback<Result<ReadResult>> done) = 0;
  // Any thread. Fails with not_found.
  virtual Result<ShardBounds> bounds(ShardKey shard) = 0;
  // The first record that arrived at or after `time` (end + 1 if none yet). The callback runs on a reader thread.
  virtual void find(ShardKey shard, WallTime time, Callback<Result<Position>> done) = 0;
  // Calls `wake` once, as soon as the shard has a record after `after`, is closed, or is gone; at once if so already.
  // Any thread; `wake` runs on the caller's or the writer's thread and must only post. The returned handle cancels
  // on destruction: after that `wake` is not called any more.
  virtual std::unique_ptr<Interface> wake_when_after(ShardKey shard, Position after,
                                                     std::move_only_function<void()> wake) = 0;
};

// ---- writing ---------------------------------------------------------------------------------------------------

struct Append {
  ShardKey shard{};
  std::uint32_t count = 0;
  ByteBuffer body;  // chunk.h's format
};

// A trigger's progress in one shard: everything up to `position` is settled.
struct CheckpointMove {
  TriggerKey trigger{};
  ShardKey shard{};
  Position position;
};

// All of it or nothing. Grown by later parts (state, failure records, queue entries).
struct Transaction {
  std::vector<Append> appends;
  std::vector<CheckpointMove> checkpoints;
};

struct Committed {
  std::vector<Position> firsts;  // of each append, in the order given
};

class Committer : public Interface {
 public:
  // Appends in the order of the calls from one thread. The callback comes after the fsync that makes the transaction
  // durable, never before. Fails whole with shard_closed (route again), full (try again when there is space),
  // unavailable (restart), invalid (a checkpoint that moves backwards). The transaction stays the
  // caller's: it must live, unchanged, until the callback, and may be sent again after a failure. On success the
  // bodies of its appends have moved into the store's tail. Any thread; the callback runs on the writer thread and
  // must only post.
  virtual void commit(Transaction& transaction, Callback<Result<Committed>> done) = 0;
};

// ---- changing --------------------------------------------------------------------------------------------------

struct NewStream {
  std::string name;
  std::uint32_t shards = 1;  // 1..10,000
  StreamMode mode = StreamMode::provisioned;
  std::uint32_t retention_hours = 24;
  std::map<std::string, std::string> tags;
};
struct SplitAt {
  ShardNumber shard{};
  HashKey second_starts{};  // inside the shard's range, not its first key
};
struct MergeOf {
  ShardNumber first{};  // its range lies directly before or after second's
  ShardNumber second{};
};
// What may change on a stream. Unset fields stay.
struct StreamChange {
  std::optional<std::uint32_t> retention_hours;
  std::optional<StreamMode> mode;
  std::optional<bool> enforce_limits;
  std::optional<std::map<std::string, std::string>> tags;  // the whole new set
};

class Catalogue : public Interface {
 public:
  // Any thread; null if there is no stream of that name.
  virtual StreamRef find(std::string_view name) const = 0;
  // All streams by name, in byte order. Any thread.
  virtual std::vector<StreamRef> list() const = 0;

  // Each is durable when the callback comes; callbacks run on the writer thread and must only post.
  // exists, limit_exceeded (shard count).
  virtual void create(NewStream stream, Callback<Result<StreamRef>> done) = 0;
  virtual void remove(std::string name, Callback<Result<void>> done) = 0;                            // not_found
  virtual void change(std::string name, StreamChange change, Callback<Result<StreamRef>> done) = 0;  // not_found
  // All splits and merges in one transaction, in order; a later one may name a shard that an earlier one made
  // (numbers are given in order). not_found, invalid (range, adjacency), in_use (a shard is closed already).
  virtual void reshard(std::string name, std::vector<std::variant<SplitAt, MergeOf>> steps,
                       Callback<Result<StreamRef>> done) = 0;
  // Calls `changed` (on the writer thread: only post) after every change of any stream; the name is the stream's.
  // Handle cancels on destruction.
  virtual std::unique_ptr<Interface> on_change(std::function<void(const std::string& name)> changed) = 0;
};

// ---- where triggers are ----------------------------------------------------------------------------------------

enum class StartingPosition { trim_horizon, latest, at_timestamp };

// What names a trigger durably: the same function and stream incarnation find their checkpoints again.
struct TriggerSpec {
  std::string function;
  StreamId stream{};
  StartingPosition start = StartingPosition::trim_horizon;
  WallTime start_time;  // with at_timestamp
};

struct TriggerState {
  TriggerKey key{};
  std::map<ShardKey, Position> checkpoints;  // shards that have one; others start at 0 once their parents are done
};

class TriggerRegistry : public Interface {
 public:
  // Finds the trigger, or creates it with a durable checkpoint on every shard that exists now, according to
  // `start`; ancestors that `start` leaves behind count as finished. not_found. Callback on the writer thread.
  virtual void open_trigger(TriggerSpec spec, Callback<Result<TriggerState>> done) = 0;
};

}  // namespace shardmill
