#include "base/utf8.h"

#include <catch2/catch.hpp>

using shardmill::is_utf8;
using shardmill::next_utf8;

TEST_CASE("UTF-8 characters of every length are read") {
  CHECK(next_utf8("a").code == U'a');
  CHECK(next_utf8("\u00e4").code == U'\u00e4');
  CHECK(next_utf8("\u20ac").code == U'\u20ac');
  CHECK(next_utf8("\U0001f600").code == U'\U0001f600');
  CHECK(next_utf8("\U0001f600x").bytes == 4);
  CHECK(is_utf8("plain, \u00e4, \u20ac, \U0001f600, \U0010ffff"));
  CHECK(is_utf8(std::string_view("\0", 1)));
}

TEST_CASE("UTF-8 that is overlong, cut, a surrogate or out of range is refused") {
  auto text = GENERATE(as<std::string>(), "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
                       "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80",
                       "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3x", "\xE2\x82x");
  CHECK_FALSE(is_utf8(text));
  CHECK(next_utf8(text).bytes == 1);
}
