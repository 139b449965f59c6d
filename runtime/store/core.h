// The parts of an open store that the writer thread and its changes work on, in one place.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "api/clock.h"
#include "store/catalog.h"
#include "store/catalog_rows.h"
#include "store/chunk_reader.h"
#include "store/db.h"
#include "store/marks.h"
#include "store/shard_state.h"
#include "store/tail.h"
#include "store/trigger_table.h"

namespace shardmill::store {

struct Core {
  // Any thread, set once.
  const std::function<void(const std::string&)> notice;  // something a person should know

  // Any thread.
  const Clock& clock;
  Catalog catalog;
  ShardTable shards;

  // Writer thread only, once it runs.
  Database db;  // the only connection that writes and checkpoints
  CatalogRows rows;
  TriggerTable triggers;
  ChunkReader chunks;
  Statement insert_chunk;
  Tail tail;
  Marks marks;
  Counters counters;
  bool garbage = true;                                       // there may be chunks of deleted shards to sweep
  std::unordered_map<StreamId, std::uint32_t> next_numbers;  // of the next shard of each stream

  [[nodiscard]] StreamRow row_of(const StreamInfo& info) const {
    return {info, next_numbers.at(info.id), info.shards.size(), info.tags.size()};
  }
};

}  // namespace shardmill::store
