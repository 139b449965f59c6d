#include "dispatch/slices.h"

namespace shardmill::dispatch {

std::uint32_t record_count(const std::vector<ChunkSlice>& slices) {
  std::uint32_t count = 0;
  for (const ChunkSlice& slice : slices) count += slice.count;
  return count;
}

std::size_t payload_bytes(const std::vector<ChunkSlice>& slices) {
  std::size_t bytes = 0;
  for (const ChunkSlice& slice : slices) bytes += slice.entries.size() - slice.count * sizeof(EntryHeader);
  return bytes;
}

std::size_t kept_bytes(const std::vector<ChunkSlice>& slices) {
  std::size_t bytes = 0;
  const Chunk* before = nullptr;
  for (const ChunkSlice& slice : slices) {
    if (slice.chunk.get() != before) bytes += slice.chunk->body.size();
    before = slice.chunk.get();
  }
  return bytes;
}

void cut_after(std::vector<ChunkSlice>& slices, Position last) {
  while (!slices.empty() && slices.back().first > last) slices.pop_back();
  if (slices.empty() || slices.back().last() <= last) return;
  ChunkSlice& slice = slices.back();
  slice.count = static_cast<std::uint32_t>(last.value - slice.first.value + 1);
  Bytes rest = slice.entries;
  for (std::uint32_t i = 0; i < slice.count; ++i) next_entry(rest);
  slice.entries = slice.entries.first(slice.entries.size() - rest.size());
}

}  // namespace shardmill::dispatch
