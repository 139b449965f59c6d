#include "base/settings_reader.h"

#include <catch2/catch.hpp>

using namespace shardmill;
using Lines = std::vector<std::string>;

namespace {

struct Sample {
  int size = 100;
  bool enabled = true;
  std::string name = "none";
  std::chrono::seconds timeout{3};
};

Sample read(std::string_view text, SettingsProblems& problems) {
  Sample sample;
  SettingsDocument document = SettingsDocument::parse(text, problems);
  SettingsObject object(document.root());
  object.integer("BatchSize", sample.size, 1, 10'000);
  object.boolean("Enabled", sample.enabled);
  object.text("Name", sample.name, "a name");
  object.duration("Timeout", sample.timeout, 1, 900);
  object.finish();
  return sample;
}

Lines problems_of(std::string_view text) {
  SettingsProblems problems;
  read(text, problems);
  return problems.lines();
}

}  // namespace

TEST_CASE("a good file fills in what it names and leaves the rest") {
  SettingsProblems problems;
  Sample sample = read(R"({"BatchSize": 7, /* seconds */ "Timeout": 900.0 // the most
  })",
                       problems);
  CHECK(problems.empty());
  CHECK(sample.size == 7);
  CHECK(sample.timeout == std::chrono::seconds(900));
  CHECK(sample.name == "none");
  CHECK(sample.enabled);
}

TEST_CASE("an empty file is all defaults") {
  CHECK(problems_of("").empty());
  CHECK(problems_of(" \n\t").empty());
  CHECK(problems_of("{}").empty());
}

TEST_CASE("each wrong value says what was found and what was wanted") {
  CHECK(problems_of(R"({"BatchSize": "abc"})") ==
        Lines{R"(BatchSize: found "abc" (string), wanted a number from 1 to 10,000)"});
  CHECK(problems_of(R"({"BatchSize": 0})") ==
        Lines{"BatchSize: found 0 (number), wanted a number from 1 to 10,000"});
  CHECK(problems_of(R"({"BatchSize": 10001})") ==
        Lines{"BatchSize: found 10001 (number), wanted a number from 1 to 10,000"});
  CHECK(problems_of(R"({"BatchSize": 1.5})") ==
        Lines{"BatchSize: found 1.5 (number), wanted a whole number from 1 to 10,000"});
  CHECK(problems_of(R"({"BatchSize": 18446744073709551615})") ==
        Lines{"BatchSize: found 18446744073709551615 (number), wanted a number from 1 to 10,000"});
  CHECK(problems_of(R"({"BatchSize": null})") == Lines{"BatchSize: found null, wanted a number from 1 to 10,000"});
  CHECK(problems_of(R"({"Enabled": "yes"})") == Lines{R"(Enabled: found "yes" (string), wanted true or false)"});
  CHECK(problems_of(R"({"Name": {}})") == Lines{"Name: found {}, wanted a name"});
  CHECK(problems_of(R"({"Name": [1]})") == Lines{"Name: found a list [1], wanted a name"});
  CHECK(problems_of("[]") == Lines{"found [], wanted an object {...}"});
  CHECK(problems_of("12") == Lines{"found 12 (number), wanted an object {...}"});
}

TEST_CASE("an unknown key is refused with the nearest known one") {
  CHECK(problems_of(R"({"BatchSiz": 1})") == Lines{R"("BatchSiz" is not known here; did you mean "BatchSize"?)"});
  CHECK(problems_of(R"({"zzz": 1})") ==
        Lines{R"("zzz" is not known here; known here: "BatchSize", "Enabled", "Name" or "Timeout")"});
}

TEST_CASE("all problems of a file are reported at once") {
  CHECK(problems_of(R"({"Enabld": 1, "BatchSize": -1, "Timeout": true, "Timeout": []})").size() == 4);
}

TEST_CASE("a key that is there twice is refused with its path") {
  SettingsProblems problems;
  SettingsDocument::parse(R"({"a": [0, {"b": 1, "b": 2}], "c d": {"e": 1, "e": 1}})", problems);
  CHECK(problems.lines() ==
        Lines{"a[1].b: is there twice; which one is meant?", R"(["c d"].e: is there twice; which one is meant?)"});
}

TEST_CASE("broken JSON is refused with line and column") {
  CHECK(
      problems_of("{\n  \"BatchSize\": 1,\n  oops\n}") ==
      Lines{"line 3, column 3: syntax error while parsing object key - invalid literal; expected string literal"});
  CHECK(problems_of("{\"BatchSize\": 1").size() == 1);
  CHECK(problems_of("\xff").size() == 1);
  CHECK(problems_of("{} {}").size() == 1);
}

TEST_CASE("nesting and size are bounded") {
  CHECK(problems_of(std::string(1'000'000, '[')) == Lines{"nests deeper than 32 levels"});
  CHECK(problems_of(std::string(1'048'577, ' ')) == Lines{"found 1,048,577 bytes, wanted at most 1,048,576"});
}

TEST_CASE("values inside lists and maps have their path") {
  SettingsProblems problems;
  SettingsDocument document =
      SettingsDocument::parse(R"({"List": ["a", 2], "Map": {"k 1": 1, "k2": "x"}, "Kind": "LASTEST"})", problems);
  SettingsObject object(document.root());
  for (const SettingsNode& item : object.find("List")->items("a list")) (void)item.text("a name");
  for (const auto& [key, node] : object.find("Map")->members("an object")) (void)node.text("text");
  std::vector<std::string> kinds = {"TRIM_HORIZON", "LATEST"};
  CHECK_FALSE(object.find("Kind")->choice(kinds));
  CHECK_FALSE(object.need("Gone", "a number"));
  object.finish();
  CHECK(problems.lines() ==
        Lines{"List[1]: found 2 (number), wanted a name", R"(Map["k 1"]: found 1 (number), wanted text)",
              R"(Kind: found "LASTEST" (string), wanted "TRIM_HORIZON" or "LATEST"; did you mean "LATEST"?)",
              R"("Gone" is missing, wanted a number)"});
}

TEST_CASE("timestamps are seconds or ISO text") {
  SettingsProblems problems;
  SettingsDocument document =
      SettingsDocument::parse(R"([1545084650.987, "2018-12-17T22:10:50.987Z", "soon", -1, true])", problems);
  std::vector<SettingsNode> items = document.root().items("a list");
  CHECK(items[0].timestamp_ms() == 1'545'084'650'987);
  CHECK(items[1].timestamp_ms() == 1'545'084'650'987);
  for (int i = 2; i < 5; ++i) CHECK_FALSE(items[static_cast<std::size_t>(i)].timestamp_ms());
  CHECK(problems.lines().size() == 3);
}

TEST_CASE("large numbers are grouped") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(-1234567) == "-1,234,567");
}
