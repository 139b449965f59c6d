// CRC-32C (Castagnoli), as in RFC 3720 appendix B.4. Guards stored bytes: every bit flip of a stored chunk shows.
// Uses the processor's crc32 instruction where there is one (about 8 bytes per 3 cycles), tables elsewhere.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace shardmill {

// Of `bytes`, going on from `before` (the CRC of what came before; 0 at the start).
[[nodiscard]] std::uint32_t crc32c(Bytes bytes, std::uint32_t before = 0);

// The same without the instruction: what crc32c falls back to, and what its test compares it with.
[[nodiscard]] std::uint32_t crc32c_portable(Bytes bytes, std::uint32_t before = 0);

}  // namespace shardmill
