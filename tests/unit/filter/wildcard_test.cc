#include "dispatch/filter/wildcard.h"

#include <catch2/catch.hpp>

using shardmill::filter::Wildcard;

namespace {
bool match(const char* pattern, const std::string& text) {
  return Wildcard::compile(pattern).value().matches(text);
}
}  // namespace

TEST_CASE("a star stands for any run of characters, also none") {
  CHECK(match("a*c", "ac"));
  CHECK(match("a*c", "abbbc"));
  CHECK_FALSE(match("a*c", "abbb"));
  CHECK(match("*", ""));
  CHECK_FALSE(match("", "x"));
  CHECK(match("", ""));
}

TEST_CASE("the part before and the part behind a star do not share characters") {
  CHECK_FALSE(match("aba*aba", "aba"));
  CHECK_FALSE(match("ab*ba", "aba"));
  CHECK(match("ab*ba", "abba"));
}

TEST_CASE("escaped stars and backslashes are literal") {
  CHECK(match("a\\*b", "a*b"));
  CHECK_FALSE(match("a\\*b", "axb"));
  CHECK(match("a\\\\*", "a\\x"));
}

TEST_CASE("bad globs are refused") {
  CHECK_FALSE(Wildcard::compile("a**b"));
  CHECK_FALSE(Wildcard::compile("a\\b"));
  CHECK_FALSE(Wildcard::compile("a\\"));
  CHECK_FALSE(Wildcard::compile("*:*:*:*:*:event-bus/*"));
}

TEST_CASE("a glob that a backtracking matcher would never finish is judged") {
  std::string text(1'000'000, 'a');
  CHECK_FALSE(match("*a*a*a*ab*b", text));
}
