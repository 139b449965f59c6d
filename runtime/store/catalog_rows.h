// The rows of streams, shards, tags and ids. Writer thread only.
#pragma once

#include <vector>

#include "store/db.h"
#include "store/shard_state.h"

namespace shardmill::store {

// A stream with what its snapshot does not show.
struct StreamRow {
  StreamInfo info;
  std::uint32_t next_number = 0;  // of the next shard that is made: numbers are never used twice
  std::size_t shards = 0;         // rows it has, or will have after the change
  std::size_t tags = 0;           // as found when loaded
};

struct ShardRow {
  ShardInfo info;
  ShardState::Horizon horizon;
};

// What is counted over the whole store. Ids are never given twice, so a mark or a chunk of something deleted is never
// taken for something newer.
struct Counters {
  std::uint32_t stream = 1;
  std::uint32_t shard = 1;
  std::uint32_t trigger = 1;
  std::uint64_t streams = 0;            // rows
  std::uint64_t triggers = 0;           // rows
  std::uint64_t catalogue_version = 0;  // counts the changes: behind its mark, some were lost
};

class CatalogRows {
 public:
  static Result<CatalogRows> open(Database& db);

  // Each fails with corrupt when a row is not what was written.
  Result<Counters> load_counters();
  Result<std::vector<StreamRow>> load_streams();  // without shards
  Result<std::vector<ShardRow>> load_shards(const StreamInfo& stream);

  Result<void> put_counters(const Counters& counters);
  // Inserts or replaces, with its tags, without its shards.
  Result<void> put_stream(const StreamRow& stream);
  Result<void> put_shard(StreamId stream, const ShardRow& shard);
  // Leaves the chunks to the sweep.
  Result<void> drop_shard(ShardKey shard);
  // With its tags; the shards are dropped one by one.
  Result<void> drop_stream(StreamId stream);

 private:
  Statement select_counters_;
  Statement put_counter_;
  Statement select_streams_;
  Statement put_stream_;
  Statement delete_stream_;
  Statement select_tags_;
  Statement put_tag_;
  Statement delete_tags_;
  Statement select_shards_;
  Statement put_shard_;
  Statement delete_shard_;
  Statement put_garbage_;
};

// Microseconds since 1970 at which the shard was made, as its prefix says.
std::int64_t created_us(const SequencePrefix& prefix);

}  // namespace shardmill::store
