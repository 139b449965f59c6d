// The 128-bit key space of a stream: MD5 of the partition key, big-endian (Kinesis API, PutRecord).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/md5.h"

namespace shardmill {

__extension__ using HashKey = unsigned __int128;

inline constexpr HashKey kMaxHashKey = ~HashKey{0};

// Both ends belong to the range.
struct HashRange {
  HashKey first = 0;
  HashKey last = kMaxHashKey;
  bool operator==(const HashRange&) const = default;
};

// The digest as a number, its first byte the highest.
static_assert(std::endian::native == std::endian::little);
inline HashKey hash_key_of(const Md5Digest& digest) {
  std::uint64_t high;
  std::uint64_t low;
  std::memcpy(&high, digest.data(), sizeof high);
  std::memcpy(&low, digest.data() + sizeof high, sizeof low);
  return HashKey{__builtin_bswap64(high)} << 64 | __builtin_bswap64(low);
}

inline HashKey hash_of(std::string_view partition_key) {
  return hash_key_of(md5(as_bytes(partition_key)));
}

inline std::string to_decimal(HashKey key) {
  char digits[40];
  char* at = digits + sizeof digits;
  do {
    *--at = static_cast<char>('0' + static_cast<int>(key % 10));
    key /= 10;
  } while (key != 0);
  return {at, static_cast<std::size_t>(digits + sizeof digits - at)};
}

// Decimal digits without leading zeros, at most 2^128 - 1; nothing otherwise.
inline std::optional<HashKey> parse_hash_key(std::string_view text) {
  if (text.empty() || text.size() > 39 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  HashKey key = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    auto digit = static_cast<HashKey>(c - '0');
    if (key > (kMaxHashKey - digit) / 10) return std::nullopt;
    key = key * 10 + digit;
  }
  return key;
}

}  // namespace shardmill
