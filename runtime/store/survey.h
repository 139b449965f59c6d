// Looks at every stored chunk of a shard, and says what of the shard is there and what is not. For checking a store
// and for accepting a loss; the readers' own checks (chunk_reader.h) hold without it.
#pragma once

#include <cstdint>
#include <vector>

#include "store/db.h"
#include "store/shard_state.h"

namespace shardmill::store {

struct PositionRange {
  Position first;
  Position last;
};

struct SurveyResult {
  std::uint64_t records = 0;          // sound ones
  Position end;                       // of the last chunk that is there
  std::uint64_t accepted_losses = 0;  // records whose loss was accepted before
  std::vector<PositionRange> lost;    // positions without a sound record, in order
  std::vector<std::int64_t> damaged;  // row ids of chunks that are not what was written
};

// Damage to pages of the database counts as damage to the chunks on them, as long as the index of chunks can be read.
// Up to position `upto`, which is what the shard should reach. Uses one connection, on its thread.
Result<SurveyResult> survey(Database& db, const ShardState& shard, Position upto);

}  // namespace shardmill::store
