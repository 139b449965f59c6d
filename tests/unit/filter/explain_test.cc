#include "dispatch/filter/explain.h"

#include <catch2/catch.hpp>

using namespace shardmill::filter;
using namespace simdjson;  // for _padded

TEST_CASE("an explanation says of each key what was found and what was wanted") {
  auto pattern =
      EventPattern::compile(R"({"a": {"b": ["x"]}, "c": [{"exists": true}], "$or": [{"d": [1]}, {"e": [2]}]})");
  simdjson::dom::parser parser;
  auto event = parser.parse(R"({"a": [{"b": "y"}, {"b": "z"}], "d": 1})"_padded).value();
  auto keys = explain(pattern.value(), event);
  REQUIRE(keys.size() == 4);
  CHECK(keys[0].path == "a.b");
  CHECK_FALSE(keys[0].matched);
  CHECK(keys[0].found == R"("y", "z")");
  CHECK(keys[0].wanted == R"(["x"])");
  CHECK(keys[1].found == "nothing");
  CHECK(keys[2].matched);
  CHECK_FALSE(keys[3].matched);
}
