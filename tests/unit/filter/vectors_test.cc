// Every recorded case, and the test fails if the file ever reads as empty.
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "dispatch/filter/event_pattern.h"

using shardmill::filter::EventPattern;

TEST_CASE("patterns judge recorded events as AWS does") {
  std::ifstream file(SHARDMILL_FIXTURES "/filters/vectors.jsonl");
  simdjson::dom::parser parser;
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    auto vector = nlohmann::json::parse(line);
    INFO(vector.dump());
    auto pattern = EventPattern::compile(vector["pattern_text"].get_ref<const std::string&>());
    std::string verdict = "invalid-pattern";
    if (pattern) {
      simdjson::dom::element event;
      bool parsed =
          vector["event_text"].is_string() &&
          parser.parse(vector["event_text"].get_ref<const std::string&>()).get(event) == simdjson::SUCCESS;
      verdict = parsed && pattern->matches(event) ? "match" : "nomatch";
    }
    CHECK(verdict == vector["expect"].get<std::string>());
  }
  CHECK(cases > 1200);
}
