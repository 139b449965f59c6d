// Base64 many characters at a time, where the processor can; base64.cc does the rest and everything elsewhere.
#pragma once

#include <cstddef>
#include <string_view>

namespace shardmill::detail {

struct WideDecoded {
  std::size_t characters = 0;  // decoded from the front of the text: a multiple of four, never its last eight
  bool valid = true;           // false: one of them is not of the alphabet
};

// Writes only bytes of the decoded text. Decodes nothing on processors without AVX2.
WideDecoded base64_decode_wide(std::string_view text, std::byte* out);

}  // namespace shardmill::detail
