// Reads chunks from the database through one connection, and checks all that it reads: seal, chain, positions,
// entries. What is wrong becomes Error{corrupt} naming stream, shard and position; nothing is skipped silently but
// what retention removed and what a person accepted as lost. One thread at a time.
#pragma once

#include <optional>

#include "store/db.h"
#include "store/seal.h"
#include "store/shard_state.h"
#include "store/slices.h"

namespace shardmill::store {

class ChunkReader {
 public:
  // `db` is borrowed for the reader's life.
  static Result<ChunkReader> open(Database& db);

  Result<ReadResult> read(const ShardState& shard, const ReadRequest& request);
  // The first record that arrived at or after `time`.
  Result<Position> find(const ShardState& shard, WallTime time);

  struct Header {
    SealedFields fields;
    std::uint32_t seal = 0;
    std::int64_t id = 0;    // of its row
    std::int64_t size = 0;  // of its body
  };
  // What the newest or oldest chunk of the shard is; nothing if it has none.
  Result<std::optional<Header>> newest(const ShardState& shard);
  Result<std::optional<Header>> oldest(const ShardState& shard);

 private:
  class Scan;
  Result<std::optional<Header>> one(const ShardState& shard, Statement& statement, Position position);

  sqlite3* db_ = nullptr;  // borrowed
  Statement select_from_;
  Statement select_before_;
  Statement select_holding_;
  Statement select_oldest_;
};

}  // namespace shardmill::store
