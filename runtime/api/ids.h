// Ids that do not mix: a swapped argument does not compile.
#pragma once

#include <compare>
#include <cstdint>

namespace shardmill {

// One incarnation of a stream: a deleted and re-created stream gets a new one. Given by the store.
enum class StreamId : std::uint32_t {};
// One shard of one stream incarnation, store-wide and dense from 1. Given by the store.
enum class ShardKey : std::uint32_t {};
// The n of "shardId-%012d" within its stream.
enum class ShardNumber : std::uint32_t {};
// One trigger of one function on one stream incarnation. Given by the store.
enum class TriggerKey : std::uint32_t {};

// The ordinal of a record within its shard. The first record is 1; as a checkpoint, 0 means "before the first".
struct Position {
  std::uint64_t value = 0;
  auto operator<=>(const Position&) const = default;
  [[nodiscard]] constexpr Position plus(std::uint64_t records) const { return {value + records}; }
};

// Wall-clock time in milliseconds since 1970, UTC.
struct WallTime {
  std::int64_t ms = 0;
  auto operator<=>(const WallTime&) const = default;
};

}  // namespace shardmill
