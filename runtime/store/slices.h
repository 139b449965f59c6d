// Cutting chunks into what one read may return. Pure functions.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "api/streams.h"

namespace shardmill::store {

// What a read may still take. The first record always fits.
struct ReadBudget {
  std::uint32_t records = 0;
  std::size_t bytes = 0;  // keys + data
  bool taken = false;

  explicit ReadBudget(const ReadRequest& request) : records(request.max_records), bytes(request.max_bytes) {}
  [[nodiscard]] bool spent() const { return taken && (records == 0 || bytes == 0); }
};

// Adds the records of `chunk` from position `from` (inside the chunk) on, as many as the budget allows, and moves
// `result.next` behind them. False when the budget ended before the chunk did.
bool take(const std::shared_ptr<const Chunk>& chunk, Position from, ReadBudget& budget, ReadResult& result);

}  // namespace shardmill::store
