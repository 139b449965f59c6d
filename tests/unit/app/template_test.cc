#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "app/template/record_template.h"

using namespace shardmill;
using namespace shardmill::app;
using nlohmann::json;

namespace {

constexpr WallTime kNow{1'784'021'400'250};  // 2026-07-14T09:30:00.250Z

std::string fill(const std::string& text, std::uint64_t seed = 1) {
  auto parsed = RecordTemplate::parse(text);
  REQUIRE(parsed);
  Dice dice(seed);
  return parsed->fill(dice, {.number = 7, .now = kNow});
}

std::string refusal(const std::string& text) {
  auto parsed = RecordTemplate::parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Errc::invalid);
  return parsed.error().text;
}

}  // namespace

TEST_CASE("the sensor template of the Kinesis tutorial gives JSON with numbers in their ranges") {
  auto parsed = RecordTemplate::parse(R"({
  "sensorId": "sensor-{{random.number(100)}}",
  "eventTimeStamp": "{{current.timestamp}}",
  "ambientTemp": {{random.number({"min":-40, "max":60})}},
  "measuredTemp": {{random.number({"min":0, "max":100})}}
}
)");
  REQUIRE(parsed);
  Dice dice(3);
  std::set<std::string> sensors;
  std::int64_t coldest = 100, warmest = -100;
  for (std::uint64_t i = 1; i <= 20000; ++i) {
    std::string text = parsed->fill(dice, {.number = i, .now = kNow});
    REQUIRE(text.find('\n') == std::string::npos);
    json record = json::parse(text);
    sensors.insert(record["sensorId"].get<std::string>());
    CHECK(record["eventTimeStamp"] == "2026-07-14T09:30:00.250Z");
    coldest = std::min(coldest, record["ambientTemp"].get<std::int64_t>());
    warmest = std::max(warmest, record["ambientTemp"].get<std::int64_t>());
  }
  CHECK(sensors.size() == 101);
  CHECK(sensors.contains("sensor-0"));
  CHECK(sensors.contains("sensor-100"));
  CHECK(coldest == -40);
  CHECK(warmest == 60);
}

TEST_CASE("the same seed gives the same records, another one others") {
  std::string text = "{{random.number}} {{random.uuid}} {{random.word}} {{random.alphaNumeric(12)}}";
  CHECK(fill(text, 5) == fill(text, 5));
  CHECK(fill(text, 5) != fill(text, 6));
}

TEST_CASE("placeholders give what they say") {
  CHECK_THAT(fill("{{random.uuid}}"),
             Catch::Matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  CHECK_THAT(fill("{{random.alphaNumeric(12)}}"), Catch::Matches("[0-9a-z]{12}"));
  CHECK_THAT(fill("{{internet.ip}}"), Catch::Matches("([0-9]{1,3}\\.){3}[0-9]{1,3}"));
  CHECK_THAT(fill("{{random.boolean}}"), Catch::Matches("true|false"));
  CHECK_THAT(fill("{{random.word}}"), Catch::Matches("[a-z]+"));
  CHECK_THAT(fill(R"({{random.float({"min":1,"max":2,"precision":0.001})}})"),
             Catch::Matches("1\\.[0-9]{3}|2\\.000"));
  CHECK_THAT(fill(R"({{random.arrayElement(["OK","FAIL",3])}})"), Catch::Matches("OK|FAIL|3"));
  CHECK(fill(R"({{random.weightedArrayElement({"weights":[0,1],"data":["never","always"]})}})") == "always");
  CHECK(fill(R"({{random.number({"min":5,"max":5})}})") == "5");
  CHECK(fill("{{record.number}}") == "7");
}

TEST_CASE("weights decide how often a value comes") {
  auto parsed = RecordTemplate::parse(R"({{random.weightedArrayElement({"weights":[9,1],"data":["a","b"]})}})");
  REQUIRE(parsed);
  Dice dice(1);
  int often = 0;
  for (int i = 0; i < 10000; ++i) often += parsed->fill(dice, {}) == "a" ? 1 : 0;
  CHECK(often > 8800);
  CHECK(often < 9200);
}

TEST_CASE("dates take a format") {
  CHECK(fill(R"({{date.utc("YYYY-MM-DD HH:mm:ss.SSS")}})") == "2026-07-14 09:30:00.250");
  CHECK(fill(R"({{date.utc("DD/MM/YY[ at ]HH")}})") == "14/07/26 at 09");
  CHECK(fill(R"({{date.utc("x X Z")}})") == "1784021400250 1784021400 +00:00");
  CHECK(fill("{{date.now}}") == "2026-07-14T09:30:00.250Z");
}

TEST_CASE("braces that are no placeholders stay, blanks inside placeholders do not matter") {
  CHECK(fill(R"({"a":{"b":{{ record.number }}}})") == R"({"a":{"b":7}})");
  CHECK(fill("{{{record.number}}}") == "{7}");
  CHECK(fill("{ { } }") == "{ { } }");
  CHECK(fill("{{record.number}}{{record.number}}") == "77");
  CHECK(fill("{{ random.number ( {\"min\": 4, \"max\": 4} ) }}") == "4");
  CHECK(fill(R"x({{random.arrayElement(["}})"])}})x") == "}})");
}

TEST_CASE("what is wrong with a template is said with its place") {
  CHECK(refusal("") == "the template is empty");
  CHECK(refusal(" \n ") == "the template is empty");
  CHECK(refusal("{\n  \"a\": {{random.nubmer(100)}}\n}") ==
        "line 2, column 8: there is no placeholder \"random.nubmer\"; did you mean \"random.number\"?");
  CHECK_THAT(refusal("\n\n x {{zzzzzzzz}}"), Catch::StartsWith("line 3, column 4: there is no placeholder"));
  CHECK(refusal("{{random.number(100)") == "line 1, column 1: the {{ here is not closed by }}");
  CHECK(refusal("{{random.number(100}}") == "line 1, column 1: the {{ here is not closed by }}");
  CHECK(refusal("{{}}") == "line 1, column 1: there is no placeholder \"\"");
  CHECK(refusal("{{random.number(one)}}") == "line 1, column 1: random.number: the argument is not JSON: one");
  CHECK_THAT(refusal(R"({{random.number("one")}})"), Catch::Contains("found \"one\""));
  CHECK_THAT(refusal(R"({{random.number({"min":5,"max":1})}})"), Catch::Contains("min not above max"));
  CHECK_THAT(refusal(R"({{random.number({"mim":5})}})"), Catch::Contains("\"min\""));
  CHECK_THAT(refusal(R"({{random.number({"precision":0})}})"), Catch::Contains("precision above 0"));
  CHECK_THAT(refusal("{{random.number(1e300)}}"), Catch::Contains("9e15"));
  CHECK_THAT(refusal("{{random.arrayElement([])}}"), Catch::Contains("at least one value"));
  CHECK_THAT(refusal("{{random.arrayElement}}"), Catch::Contains("no argument"));
  CHECK_THAT(refusal(R"({{random.weightedArrayElement({"weights":[1],"data":[1,2]})}})"),
             Catch::Contains("as many"));
  CHECK_THAT(refusal(R"({{random.weightedArrayElement({"weights":[0],"data":[1]})}})"), Catch::Contains("above 0"));
  CHECK_THAT(refusal("{{random.alphaNumeric(1000000)}}"), Catch::Contains("1 to 100,000"));
  CHECK_THAT(refusal("{{random.uuid(4)}}"), Catch::Contains("wanted no argument, found 4"));
}

TEST_CASE("dice are even to their last face") {
  Dice dice(11);
  std::array<int, 6> faces{};
  for (int i = 0; i < 60000; ++i) ++faces[dice.up_to(5)];
  for (int count : faces) CHECK(std::abs(count - 10000) < 500);
  CHECK(dice.up_to(0) == 0);
  CHECK(dice.between(-3, -3) == -3);
}
