#include "base/md5.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using shardmill::as_bytes;
using shardmill::Bytes;
using shardmill::md5;
using shardmill::md5_each;
using shardmill::Md5Digest;

namespace {

std::string hex(const Md5Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::byte byte : digest) {
    text += kDigits[std::to_integer<std::size_t>(byte) >> 4];
    text += kDigits[std::to_integer<std::size_t>(byte) & 15];
  }
  return text;
}

}  // namespace

TEST_CASE("md5 agrees with the test suite of RFC 1321") {
  auto [message, digest] = GENERATE(table<std::string, std::string>(
      {{"", "d41d8cd98f00b204e9800998ecf8427e"},
       {"a", "0cc175b9c0f1b6a831c399e269772661"},
       {"abc", "900150983cd24fb0d6963f7d28e17f72"},
       {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
       {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
       {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
       {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a"}}));
  CHECK(hex(md5(as_bytes(message))) == digest);
}

TEST_CASE("md5 of many messages is the md5 of each, whatever their number and lengths") {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 150; ++i) texts.emplace_back(i * 7 % 60, static_cast<char>('a' + i % 26));
  for (std::size_t count = 0; count < texts.size(); ++count) {
    std::vector<Bytes> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(as_bytes(texts[i]));
    std::vector<Md5Digest> digests(count);
    md5_each(messages, digests);
    for (std::size_t i = 0; i < count; ++i) REQUIRE(digests[i] == md5(messages[i]));
  }
}

TEST_CASE("md5 of many short messages is the md5 of each") {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 56 * 3; ++i) texts.emplace_back(i % 56, static_cast<char>(i));
  std::vector<Bytes> messages(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) messages[i] = as_bytes(texts[i]);
  std::vector<Md5Digest> digests(texts.size());
  md5_each(messages, digests);
  for (std::size_t i = 0; i < texts.size(); ++i) REQUIRE(digests[i] == md5(messages[i]));
}
