// Opening: the database brought up to date, and everything that is kept in memory read from it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/core.h"

namespace shardmill::store {

struct LoadOptions {
  std::string database;
  std::string marks;
  std::string vfs;
  const Clock& clock;  // borrowed for the core's life
  std::size_t tail_bytes = 0;
  bool accept_catalogue_loss = false;
  std::function<void(const std::string&)> on_notice;
};

// Fails with corrupt when changes of the catalogue are missing. Shards that miss records are loaded and refused one
// by one (ShardState::refusal).
Result<std::unique_ptr<Core>> load_core(const LoadOptions& options);

}  // namespace shardmill::store
