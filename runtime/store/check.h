// A store that no server has open, looked at as a whole and changed in nothing: SQLite's own check of its file, every
// chunk's seal and body, and the rules between the tables. For a person who wonders whether a disk or a copy is to be
// trusted; what the store checks by itself while it runs holds without it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/survey.h"

namespace shardmill::store {

struct CheckedShard {
  ShardNumber number{};
  bool is_open = true;
  Position first;  // the oldest position kept
  Position last;
  std::uint64_t records = 0;          // sound ones
  std::uint64_t accepted_losses = 0;  // records whose loss was accepted
  std::uint64_t missing = 0;          // records that are damaged or gone
};

struct CheckedStream {
  std::string name;
  std::vector<CheckedShard> shards;  // by number
};

// What helps, the mildest first.
enum class Remedy {
  accept_loss,            // of the shard that is named; or a copy
  accept_catalogue_loss,  // or a copy
  restore                 // a copy of the folder
};

struct Finding {
  std::string stream;                      // empty: of the whole store
  std::optional<ShardNumber> shard;        // of the stream
  std::optional<PositionRange> positions;  // of the shard
  std::string what;
  Remedy remedy = Remedy::restore;
};

struct CheckReport {
  std::vector<CheckedStream> streams;
  std::vector<Finding> findings;   // none: the store is sound
  std::vector<std::string> notes;  // worth knowing, and no damage
};

// `folder` is the store's own; `vfs` as in StoreOptions. Fails, with nothing checked, with not_found (there is no store),
// in_use, invalid (of another version), io.
Result<CheckReport> check_store(const std::filesystem::path& folder, const std::string& vfs = {});

}  // namespace shardmill::store
