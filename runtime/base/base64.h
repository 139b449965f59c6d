// Base64 (RFC 4648 section 4): the standard alphabet, always padded. Fast enough for the hot path: a table look-up per
// two bytes out, per character in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace shardmill {

constexpr std::size_t base64_encoded_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

// Writes base64_encoded_size(bytes.size()) characters to `out`.
void base64_encode(Bytes bytes, char* out);
[[nodiscard]] std::string base64_encode(Bytes bytes);

// How many bytes `text` stands for, by its length and padding alone; nothing if no text of that length and padding is
// valid.
[[nodiscard]] std::optional<std::size_t> base64_decoded_size(std::string_view text);
// Writes base64_decoded_size(text) bytes to `out`. False, with `out` partly written, if `text` has a character that is
// not of the alphabet, padding elsewhere than at its end, or bits set beyond the last byte: Kinesis refuses those
// ("Invalid last non-pad Base64 character dectected", as kinesalite recorded it), so every text has one spelling.
[[nodiscard]] bool base64_decode(std::string_view text, std::byte* out);
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace shardmill
