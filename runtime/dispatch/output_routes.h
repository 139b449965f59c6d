// Sorts what a batch emitted into one append per target shard, and does it again when a shard closes meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/streams.h"
#include "base/result.h"
#include "dispatch/output_reader.h"

namespace shardmill::dispatch {

// Records for one stream. Within each shard they stay in the order in which they were emitted, through any number of
// re-routings.
class StreamRoute {
 public:
  explicit StreamRoute(StreamRef stream);

  // `hash` is the explicit hash key, or that of the partition key.
  void add(std::string_view key, HashKey hash, bool is_explicit, Bytes data);
  [[nodiscard]] const StreamRef& stream() const { return stream_; }

  // Moves the records into `appends`, behind what is there.
  void give(std::vector<Append>& appends);
  // Takes them back from the front of `appends`, which give() filled, and routes them by `fresh`.
  // Returns what is behind them.
  std::span<Append> route_again(StreamRef fresh, std::span<Append> appends);

 private:
  StreamRef stream_;
  std::vector<std::uint32_t> slot_of_;  // by index in stream_->shards: 1 + index in targets_, 0 for none yet
  struct Target {
    ShardKey shard;
    ChunkBuilder records;
  };
  std::vector<Target> targets_;
  std::vector<std::uint32_t> order_;                              // index in targets_ of each record, as emitted
  std::vector<std::pair<std::size_t, HashKey>> explicit_hashes_;  // by index in order_; few records have one
};

// All outputs of one batch. One thread.
class OutputRoutes {
 public:
  // Reads, checks and copies the outputs of one invocation. Fails with invalid (the outputs break a rule) or not_found
  // (an output stream does not exist).
  static Result<OutputRoutes> read(Bytes region, std::uint32_t count, const std::vector<std::string>& streams,
                                   const Catalogue& catalogue);

  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

  // The records leave for `transaction`, whose appends must be empty.
  void give(Transaction& transaction);
  // After the commit of that transaction failed: routes its appends by the streams as they are now. True if any stream
  // has changed since. Fails with not_found.
  Result<bool> route_again(Transaction& transaction, const Catalogue& catalogue);

 private:
  Result<void> add(std::span<const Output> group, const std::vector<std::string>& streams,
                   const Catalogue& catalogue);

  std::vector<StreamRoute> routes_;      // of the streams that were emitted to, in order of first use
  std::vector<std::uint32_t> route_of_;  // by index in Outputs: 1 + index in routes_
  std::uint32_t count_ = 0;
};

}  // namespace shardmill::dispatch
