#include "base/base64.h"

#include <catch2/catch.hpp>

using shardmill::as_bytes;
using shardmill::base64_decode;
using shardmill::base64_decoded_size;
using shardmill::base64_encode;

TEST_CASE("base64 encodes and decodes the vectors of RFC 4648") {
  auto [plain, text] = GENERATE(table<std::string, std::string>({{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}}));
  CHECK(base64_encode(as_bytes(plain)) == text);
  CHECK(base64_decode(text) == plain);
  CHECK(base64_decoded_size(text) == plain.size());
}

TEST_CASE("base64 keeps every byte value at every place in a group") {
  std::string bytes;
  for (int i = 0; i < 256 * 5; ++i) bytes += static_cast<char>(i * 7 % 256);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::string part = bytes.substr(0, length);
    REQUIRE(base64_decode(base64_encode(as_bytes(part))) == part);
  }
}

TEST_CASE("base64 refuses what is not base64") {
  auto text = GENERATE(as<std::string>(), "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Z=9v", "Zm9v Zm9v", "Zm9-",
                       "Zm9_", "Zm\n9", "Zm8=\n", "\xC3\xA4\xC3\xA4");
  CHECK_FALSE(base64_decode(text).has_value());
}

TEST_CASE("base64 refuses bits set beyond the last byte") {
  auto text = GENERATE(as<std::string>(), "Zh==", "Zv==", "Zm9=", "Zm+=", "+/+=", "Zm9vYh==", "Zm9vYmF=");
  CHECK_FALSE(base64_decode(text).has_value());
}

TEST_CASE("base64 refuses a foreign character wherever it stands in a long text") {
  std::string good = base64_encode(as_bytes(std::string(72, '\x5a') + "\x5a\x5a\x1a"));
  REQUIRE(good.size() == 100);
  std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text[at] = static_cast<char>(c);
      bool padding = c == '=' && at + 1 == text.size();
      bool known = alphabet.find(text[at]) != std::string::npos;
      REQUIRE(base64_decode(text).has_value() == (known || padding));
    }
  }
}
