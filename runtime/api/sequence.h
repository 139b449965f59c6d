// Sequence numbers: 56 decimal digits, so that comparing the digits compares the numbers.
//
//   "49" | shard's creation, microseconds since 1970 (16) | shard number (12) | stream id (6) | position (20)
//
// The first 36 digits are the same for every record of a shard (its prefix). Numbers rise with the position, and
// a child shard's numbers are above its parents' because it was created later and has a higher shard number.
#pragma once

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "api/ids.h"

namespace shardmill {

inline constexpr std::size_t kSequencePrefixDigits = 36;
inline constexpr std::size_t kSequenceDigits = 56;

using SequencePrefix = std::array<char, kSequencePrefixDigits>;

namespace detail {
// The value as exactly `width` digits, zeros in front. High digits that do not fit are dropped.
inline void put_digits(char* out, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}
}  // namespace detail

inline SequencePrefix sequence_prefix(std::int64_t created_us, ShardNumber shard, StreamId stream) {
  SequencePrefix prefix;
  prefix[0] = '4';
  prefix[1] = '9';
  detail::put_digits(prefix.data() + 2, 16, static_cast<std::uint64_t>(created_us));
  detail::put_digits(prefix.data() + 18, 12, static_cast<std::uint64_t>(shard));
  detail::put_digits(prefix.data() + 30, 6, static_cast<std::uint64_t>(stream));
  return prefix;
}

// Writes kSequenceDigits characters to `out`.
inline void write_sequence(char* out, const SequencePrefix& prefix, Position position) {
  std::memcpy(out, prefix.data(), prefix.size());
  detail::put_digits(out + prefix.size(), kSequenceDigits - kSequencePrefixDigits, position.value);
}

inline std::string sequence_number(const SequencePrefix& prefix, Position position) {
  std::string text(kSequenceDigits, '0');
  write_sequence(text.data(), prefix, position);
  return text;
}

// The position that `text` has in the shard of `prefix`; nothing if it is not a number of that shard.
inline std::optional<Position> position_of(std::string_view text, const SequencePrefix& prefix) {
  if (text.size() != kSequenceDigits || !text.starts_with(std::string_view(prefix.data(), prefix.size()))) {
    return std::nullopt;
  }
  Position position;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + prefix.size(), end, position.value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return position;
}

// "shardId-000000000007"
inline std::string shard_id(ShardNumber number) {
  std::string text = "shardId-000000000000";
  detail::put_digits(text.data() + 8, 12, static_cast<std::uint64_t>(number));
  return text;
}

// Accepts "shardId-" and 12 digits; nothing otherwise.
inline std::optional<ShardNumber> parse_shard_id(std::string_view text) {
  if (text.size() != 20 || !text.starts_with("shardId-")) return std::nullopt;
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + 8, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return ShardNumber{number};
}

}  // namespace shardmill
