#include "base/base64.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "base/base64_wide.h"

namespace shardmill {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kBad = 0xFF;

// The two characters of every 12-bit value.
constexpr auto kPairs = [] {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (std::size_t value = 0; value < pairs.size(); ++value)
    pairs[value] = {kAlphabet[value >> 6], kAlphabet[value & 63]};
  return pairs;
}();

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kBad);
  for (std::size_t value = 0; value < kAlphabet.size(); ++value) {
    values[static_cast<unsigned char>(kAlphabet[value])] = static_cast<std::uint8_t>(value);
  }
  return values;
}();

std::uint32_t value_of(char c) {
  return kValues[static_cast<unsigned char>(c)];
}

std::size_t padding_of(std::string_view text) {
  return text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
}

}  // namespace

void base64_encode(Bytes bytes, char* out) {
  const std::byte* in = bytes.data();
  auto byte = [&](std::size_t at) { return std::to_integer<std::uint32_t>(in[at]); };
  for (std::size_t left = bytes.size(); left >= 3; left -= 3, in += 3, out += 4) {
    std::uint32_t group = byte(0) << 16 | byte(1) << 8 | byte(2);
    std::memcpy(out, kPairs[group >> 12].data(), 2);
    std::memcpy(out + 2, kPairs[group & 0xFFF].data(), 2);
  }
  std::size_t rest = bytes.size() % 3;
  if (rest == 0) return;
  std::uint32_t group = byte(0) << 16 | (rest == 2 ? byte(1) << 8 : 0);
  std::memcpy(out, kPairs[group >> 12].data(), 2);
  out[2] = rest == 2 ? kAlphabet[group >> 6 & 63] : '=';
  out[3] = '=';
}

std::string base64_encode(Bytes bytes) {
  std::string text(base64_encoded_size(bytes.size()), '\0');
  base64_encode(bytes, text.data());
  return text;
}

std::optional<std::size_t> base64_decoded_size(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  return text.size() / 4 * 3 - padding_of(text);
}

bool base64_decode(std::string_view text, std::byte* out) {
  if (text.size() % 4 != 0) return false;
  std::size_t padding = padding_of(text);
  detail::WideDecoded wide = detail::base64_decode_wide(text, out);
  if (!wide.valid) return false;
  const char* in = text.data() + wide.characters;
  out += wide.characters / 4 * 3;
  std::size_t whole = (text.size() - wide.characters) / 4 - (padding > 0 ? 1 : 0);
  std::uint32_t bad = 0;  // any value of kBad sets its high bit; looked at once, at the end
  for (std::size_t i = 0; i < whole; ++i, in += 4, out += 3) {
    std::uint32_t a = value_of(in[0]), b = value_of(in[1]), c = value_of(in[2]), d = value_of(in[3]);
    bad |= a | b | c | d;
    std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    out[0] = static_cast<std::byte>(group >> 16);
    out[1] = static_cast<std::byte>(group >> 8);
    out[2] = static_cast<std::byte>(group);
  }
  if (padding > 0) {
    std::uint32_t a = value_of(in[0]), b = value_of(in[1]), c = padding == 1 ? value_of(in[2]) : 0;
    bad |= a | b | c;
    out[0] = static_cast<std::byte>(a << 2 | b >> 4);
    if (padding == 1) out[1] = static_cast<std::byte>(b << 4 | c >> 2);
    if ((padding == 2 ? b & 0xF : c & 0x3) != 0) return false;
  }
  return (bad & 0x80) == 0;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::optional<std::size_t> size = base64_decoded_size(text);
  if (!size) return std::nullopt;
  std::string bytes(*size, '\0');
  if (!base64_decode(text, reinterpret_cast<std::byte*>(bytes.data()))) return std::nullopt;
  return bytes;
}

}  // namespace shardmill
