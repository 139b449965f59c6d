#include "base/crc32c.h"

#include <string>

#include <catch2/catch.hpp>

using shardmill::as_bytes;
using shardmill::Bytes;
using shardmill::crc32c;
using shardmill::crc32c_portable;

namespace {

// The SCSI Read (10) command PDU of RFC 3720, appendix B.4.
constexpr unsigned char kReadCommand[] = {0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                          0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
                                          0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
                                          0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

// `count` bytes: first, first + step, ...
std::string bytes_from(int first, int step, std::size_t count) {
  std::string bytes;
  for (; bytes.size() < count; first += step) bytes += static_cast<char>(first);
  return bytes;
}

}  // namespace

TEST_CASE("crc32c agrees with the published vectors, with the instruction and without") {
  auto [text, wanted] = GENERATE(table<std::string, std::uint32_t>(
      {{"", 0},
       {"123456789", 0xe3069283},  // the catalogue's check value
       {"a", 0xc1d04330},
       // RFC 3720, appendix B.4
       {std::string(32, '\0'), 0x8a9136aa},
       {std::string(32, '\xff'), 0x62a8ab43},
       {bytes_from(0, 1, 32), 0x46dd794e},
       {bytes_from(31, -1, 32), 0x113fdb5c},
       {std::string(reinterpret_cast<const char*>(kReadCommand), sizeof kReadCommand), 0xd9963a56}}));
  CHECK(crc32c(as_bytes(text)) == wanted);
  CHECK(crc32c_portable(as_bytes(text)) == wanted);
}

TEST_CASE(
    "crc32c of two parts in a row is the crc32c of the whole, wherever it is cut and however it lies in memory") {
  std::string text = bytes_from(7, 37, 97);
  for (std::size_t begin = 0; begin < 9; ++begin) {
    Bytes whole = as_bytes(text).subspan(begin);
    std::uint32_t wanted = crc32c_portable(whole);
    REQUIRE(crc32c(whole) == wanted);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
      REQUIRE(crc32c(whole.subspan(cut), crc32c(whole.first(cut))) == wanted);
      REQUIRE(crc32c_portable(whole.subspan(cut), crc32c_portable(whole.first(cut))) == wanted);
    }
  }
}

TEST_CASE("crc32c differs after a flip of any one bit") {
  std::string text = bytes_from(0, 11, 64);
  std::uint32_t sound = crc32c(as_bytes(text));
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    REQUIRE(crc32c(as_bytes(flipped)) != sound);
  }
}
