#include "base/md5.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace shardmill {
namespace {

constexpr std::array<std::uint32_t, 64> kSine = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::array<int, 4>, 4> kShift = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

// Eight messages side by side: the compiler makes AVX2 of it where that is allowed.
using Lanes [[gnu::vector_size(32)]] = std::uint32_t;
constexpr std::size_t kLanes = 8;

constexpr std::array<std::uint32_t, 4> kStart = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

// One block of one message (Word is std::uint32_t) or of eight (Lanes). Inlined, because only the caller knows which
// instructions the processor has. The four rounds are unrolled: every table index is a constant of the loop.
template <class Word>
[[gnu::always_inline]] inline void add_block(std::array<Word, 4>& state, const std::array<Word, 16>& word) {
  auto [a, b, c, d] = state;
#pragma GCC unroll 64
  for (unsigned i = 0; i < 64; ++i) {
    Word mixed;
    unsigned from = 0;
    if (i < 16) {
      mixed = d ^ (b & (c ^ d));
      from = i;
    } else if (i < 32) {
      mixed = c ^ (d & (b ^ c));
      from = (5 * i + 1) % 16;
    } else if (i < 48) {
      mixed = b ^ c ^ d;
      from = (3 * i + 5) % 16;
    } else {
      mixed = c ^ (b | ~d);
      from = (7 * i) % 16;
    }
    Word sum = a + mixed + kSine[i] + word[from];
    int shift = kShift[i / 16][i % 4];
    a = d;
    d = c;
    c = b;
    b += sum << shift | sum >> (32 - shift);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

using State = std::array<std::uint32_t, 4>;

void add_bytes(State& state, const std::byte* block) {
  std::array<std::uint32_t, 16> word;
  std::memcpy(word.data(), block, 64);
  add_block(state, word);
}

// The last block or two of a message: what is left of it, a mark, and its length in bits.
struct Tail {
  std::array<std::byte, 128> bytes{};
  std::size_t blocks = 0;

  explicit Tail(Bytes message) {
    std::size_t whole = message.size() / 64 * 64;
    std::size_t left = message.size() - whole;
    if (left > 0) std::memcpy(bytes.data(), message.data() + whole, left);
    bytes[left] = std::byte{0x80};
    blocks = left < 56 ? 1 : 2;
    std::uint64_t bits = static_cast<std::uint64_t>(message.size()) * 8;
    std::memcpy(bytes.data() + blocks * 64 - 8, &bits, 8);
  }
};

#ifdef __x86_64__
// Eight messages that fit into one block each.
[[gnu::target("avx2")]] void md5_lanes(const Bytes* messages, Md5Digest* digests) {
  std::array<std::array<std::uint32_t, kLanes>, 16> turned;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    Tail tail(messages[lane]);
    for (std::size_t i = 0; i < turned.size(); ++i) std::memcpy(&turned[i][lane], tail.bytes.data() + i * 4, 4);
  }
  std::array<Lanes, 16> word;
  std::memcpy(word.data(), turned.data(), sizeof turned);
  std::array<Lanes, 4> state;
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = Lanes{} + kStart[i];
  add_block(state, word);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    State one = {state[0][lane], state[1][lane], state[2][lane], state[3][lane]};
    digests[lane] = std::bit_cast<Md5Digest>(one);
  }
}
#endif

}  // namespace

Md5Digest md5(Bytes message) {
  State state = kStart;
  for (std::size_t at = 0; at + 64 <= message.size(); at += 64) add_bytes(state, message.data() + at);
  Tail tail(message);
  for (std::size_t i = 0; i < tail.blocks; ++i) add_bytes(state, tail.bytes.data() + i * 64);
  return std::bit_cast<Md5Digest>(state);
}

void md5_each(std::span<const Bytes> messages, std::span<Md5Digest> digests) {
  std::size_t done = 0;
#ifdef __x86_64__
  static const bool able = __builtin_cpu_supports("avx2") != 0;
  auto one_block = [](Bytes message) { return message.size() < 56; };
  for (; able && messages.size() - done >= kLanes; done += kLanes) {
    std::span<const Bytes> next = messages.subspan(done, kLanes);
    if (std::all_of(next.begin(), next.end(), one_block)) {
      md5_lanes(next.data(), digests.data() + done);
    } else {
      for (std::size_t i = 0; i < kLanes; ++i) digests[done + i] = md5(next[i]);
    }
  }
#endif
  for (; done < messages.size(); ++done) digests[done] = md5(messages[done]);
}

static_assert(std::endian::native == std::endian::little, "digest words are stored little-endian");

}  // namespace shardmill
