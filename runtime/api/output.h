// What a function emits: written by the worker into its output region, read by the runtime, which trusts none of it.
//
//   entry := data_size u32 | key_size u16 | stream u16 | hash_key_size u16 | reserved u16 (0)
//            | partition key | explicit hash key digits | data                           (little-endian, unpadded)
//
// `stream` is an index into the function's `Outputs`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shardmill {

struct OutputHeader {
  std::uint32_t data_size;
  std::uint16_t key_size;
  std::uint16_t stream;
  std::uint16_t hash_key_size;
  std::uint16_t reserved;
};
static_assert(sizeof(OutputHeader) == 12);

// Bounds of one emitted record, as of a record that a producer puts.
inline constexpr std::size_t kMaxOutputKeyCharacters = 256;
inline constexpr std::size_t kMaxOutputBytes = std::size_t{1} << 20;  // key + data

}  // namespace shardmill
