#include "base/base64_wide.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace shardmill::detail {

#ifdef __x86_64__
namespace {

// 0xFF in every byte of `text` that lies between the two, which do not count themselves. Characters above 127 are
// negative here and lie between none.
[[gnu::target("avx2")]] inline __m256i between(__m256i text, char below, char above) {
  return _mm256_and_si256(_mm256_cmpgt_epi8(text, _mm256_set1_epi8(below)),
                          _mm256_cmpgt_epi8(_mm256_set1_epi8(above), text));
}

// `value` where `mask` is set, else 0.
[[gnu::target("avx2")]] inline __m256i where(__m256i mask, char value) {
  return _mm256_and_si256(mask, _mm256_set1_epi8(value));
}

// Turns 32 characters into their 6-bit values. `valid` loses the bytes of characters that have none.
[[gnu::target("avx2")]] inline __m256i values_of(__m256i text, __m256i& valid) {
  __m256i upper = between(text, 'A' - 1, 'Z' + 1);
  __m256i lower = between(text, 'a' - 1, 'z' + 1);
  __m256i digit = between(text, '0' - 1, '9' + 1);
  __m256i plus = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('+'));
  __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
  __m256i letter = _mm256_or_si256(upper, lower);
  __m256i other = _mm256_or_si256(digit, _mm256_or_si256(plus, slash));
  valid = _mm256_and_si256(valid, _mm256_or_si256(letter, other));
  __m256i shift = _mm256_or_si256(where(upper, 0 - 'A'), where(lower, 26 - 'a'));
  shift = _mm256_or_si256(shift, where(digit, 52 - '0'));
  shift = _mm256_or_si256(shift, _mm256_or_si256(where(plus, 62 - '+'), where(slash, 63 - '/')));
  return _mm256_add_epi8(text, shift);
}

// Four 6-bit values become 24 bits; each half of 16 values becomes 12 bytes and 4 zero bytes.
[[gnu::target("avx2")]] inline __m256i joined(__m256i values) {
  __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
  __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  return _mm256_shuffle_epi8(groups, _mm256_broadcastsi128_si256(order));
}

// A step writes 28 bytes, of which the last 4 belong to the next: 40 characters left stand for at least 28 bytes.
constexpr std::size_t kStep = 32;
constexpr std::size_t kLeftForStep = 40;

[[gnu::target("avx2")]] WideDecoded decode_avx2(std::string_view text, std::byte* out) {
  std::size_t done = 0;
  __m256i valid = _mm256_set1_epi8(-1);
  for (; text.size() - done >= kLeftForStep; done += kStep, out += kStep / 4 * 3) {
    __m256i in = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + done));
    __m256i bytes = joined(values_of(in, valid));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(bytes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 12), _mm256_extracti128_si256(bytes, 1));
  }
  return {done, _mm256_movemask_epi8(valid) == -1};
}

}  // namespace

WideDecoded base64_decode_wide(std::string_view text, std::byte* out) {
  static const bool able = __builtin_cpu_supports("avx2") != 0;
  return able ? decode_avx2(text, out) : WideDecoded{};
}

#else

WideDecoded base64_decode_wide(std::string_view, std::byte*) {
  return {};
}

#endif

}  // namespace shardmill::detail
