#include "dispatch/filter/event_pattern.h"

#include <catch2/catch.hpp>

using shardmill::filter::EventPattern;

namespace {

bool match(std::string_view pattern, std::string_view event) {
  simdjson::dom::parser parser;
  return EventPattern::compile(pattern).value().matches(parser.parse(simdjson::padded_string(event)).value());
}

std::string refusal(std::string_view pattern) {
  auto compiled = EventPattern::compile(pattern);
  return compiled ? "compiled" : compiled.error().text;
}

}  // namespace

TEST_CASE("one element of an array must satisfy all keys below it") {
  std::string_view pattern = R"({"items": {"kind": ["a"], "size": [{"numeric": [">", 5]}]}})";
  CHECK(match(pattern, R"({"items": [{"kind": "b", "size": 9}, {"kind": "a", "size": 6}]})"));
  CHECK_FALSE(match(pattern, R"({"items": [{"kind": "b", "size": 9}, {"kind": "a", "size": 1}]})"));
}

TEST_CASE("exists looks at leaves only") {
  CHECK(match(R"({"a": [{"exists": false}]})", R"({"a": {"b": 1}})"));
  CHECK_FALSE(match(R"({"a": [{"exists": true}]})", R"({"a": []})"));
  CHECK(match(R"({"a": {"b": [{"exists": false}]}})", R"({})"));
}

TEST_CASE("numbers are equal when they are written as the same kind of number") {
  CHECK(match(R"({"n": [300]})", R"({"n": 300})"));
  CHECK_FALSE(match(R"({"n": [300]})", R"({"n": 300.0})"));
  CHECK_FALSE(match(R"({"n": ["300"]})", R"({"n": 300})"));
  CHECK(match(R"({"n": [{"numeric": ["=", 300]}]})", R"({"n": 3.0e2})"));
}

TEST_CASE("letters of any alphabet are compared without their case") {
  CHECK(match(R"({"s": [{"equals-ignore-case": "ÄRGER"}]})", R"({"s": "ärger"})"));
  CHECK(match(R"({"s": [{"prefix": {"equals-ignore-case": "ПРИ"}}]})", R"({"s": "привет"})"));
  CHECK_FALSE(match(R"({"s": [{"equals-ignore-case": "a"}]})", R"({"s": "b"})"));
}

TEST_CASE("a refusal names the place in the pattern") {
  CHECK(refusal(R"({"a": {"b": [{"prefix": 3}]}})") == "a.b[0].prefix: found 3, wanted a string");
  CHECK(refusal(R"({"a": "x"})") == "a: found \"x\", wanted an object or a list of values");
  CHECK(refusal(R"({"a": [1, {"numberic": [">", 1]}]})") == "a[1].numberic: unrecognized match type");
  CHECK(refusal(R"({"a": [}")").starts_with("byte 8: "));
  CHECK(refusal("[]") == "found [], wanted an object");
  CHECK(refusal("{}") == "an empty object is not possible in a pattern");
}

TEST_CASE("a deeply nested event is judged without running out of stack") {
  std::string deep;
  for (int i = 0; i < 900; ++i) deep += R"({"a":)";
  deep += "1" + std::string(900, '}');
  CHECK_FALSE(match(R"({"a": {"a": [1]}})", deep));
}
