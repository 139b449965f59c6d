// Sums and cuts over the slices of a batch.
#pragma once

#include <vector>

#include "api/chunk.h"

namespace shardmill::dispatch {

[[nodiscard]] std::uint32_t record_count(const std::vector<ChunkSlice>& slices);

// Keys and data.
[[nodiscard]] std::size_t payload_bytes(const std::vector<ChunkSlice>& slices);

// Memory that the slices keep: their chunks whole.
[[nodiscard]] std::size_t kept_bytes(const std::vector<ChunkSlice>& slices);

// Drops what lies behind `last`.
void cut_after(std::vector<ChunkSlice>& slices, Position last);

}  // namespace shardmill::dispatch
