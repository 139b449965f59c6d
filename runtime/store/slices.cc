#include "store/slices.h"

namespace shardmill::store {
namespace {

std::size_t entry_size(Bytes entries) {
  EntryHeader header;
  std::memcpy(&header, entries.data(), sizeof header);
  return sizeof header + header.key_size + header.data_size;
}

Bytes skip(Bytes entries, std::uint64_t count) {
  for (; count > 0; --count) entries = entries.subspan(entry_size(entries));
  return entries;
}

}  // namespace

bool take(const std::shared_ptr<const Chunk>& chunk, Position from, ReadBudget& budget, ReadResult& result) {
  if (budget.spent()) return false;
  auto offset = static_cast<std::uint32_t>(from.value - chunk->first.value);
  std::uint32_t available = chunk->count - offset;
  Bytes entries = skip(chunk->body.bytes(), offset);

  std::uint32_t count = 0;
  std::size_t size = 0;
  std::size_t payload = entries.size() - available * sizeof(EntryHeader);
  if (available <= budget.records && payload <= budget.bytes) {
    count = available;
    size = entries.size();
    budget.records -= available;
    budget.bytes -= payload;
    budget.taken = true;
  } else {
    while (count < available) {
      std::size_t entry = entry_size(entries.subspan(size));
      std::size_t cost = entry - sizeof(EntryHeader);
      bool fits = budget.records > 0 && cost <= budget.bytes;
      if (budget.taken && !fits) break;
      budget.records -= budget.records > 0 ? 1 : 0;
      budget.bytes -= cost <= budget.bytes ? cost : budget.bytes;
      budget.taken = true;
      ++count;
      size += entry;
    }
  }
  if (count > 0) {
    result.slices.push_back({chunk, from, count, entries.first(size)});
    result.next = from.plus(count);
  }
  return count == available;
}

}  // namespace shardmill::store
