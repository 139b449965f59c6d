// The seal of a stored chunk: CRC-32C over everything that says what the chunk is, and over the seal of the chunk
// before it in the shard. A flip, a swap, a chunk under the wrong key and a hole in the chain all break it.
//
//   seal := crc32c(shard u32 | count u32 | first u64 | arrival i64 | previous seal u32 | crc32c(body) u32)
//
// All numbers little-endian. The first chunk of a shard has 0 as its previous seal. The CRC of the body is stored as
// well, so that what a chunk is can be checked without reading its body.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "api/chunk.h"
#include "api/ids.h"
#include "base/crc32c.h"

namespace shardmill::store {

struct SealedFields {
  ShardKey shard{};
  std::uint32_t count = 0;
  Position first;
  WallTime arrival;
  std::uint32_t previous = 0;
  std::uint32_t body_crc = 0;

  [[nodiscard]] Position last() const { return first.plus(count - 1); }
};
static_assert(sizeof(SealedFields) == 32, "no padding: the bytes are what is summed");
static_assert(std::endian::native == std::endian::little);

inline std::uint32_t seal_of(const SealedFields& fields) {
  return crc32c(std::as_bytes(std::span(&fields, 1)));
}

// True if `body` is exactly `count` entries of chunk.h's format.
inline bool well_formed(Bytes body, std::uint32_t count) {
  for (; count > 0; --count) {
    EntryHeader header;
    if (body.size() < sizeof header) return false;
    std::memcpy(&header, body.data(), sizeof header);
    std::uint64_t size = sizeof header + header.key_size + std::uint64_t{header.data_size};
    if (header.reserved != 0 || body.size() < size) return false;
    body = body.subspan(static_cast<std::size_t>(size));
  }
  return body.empty();
}

}  // namespace shardmill::store
