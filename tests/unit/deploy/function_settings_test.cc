#include "deploy/function_settings.h"

#include <catch2/catch.hpp>

#include "fake_catalogue.h"

using namespace shardmill;
using Lines = std::vector<std::string>;

namespace {

struct Judged {
  FunctionSettings settings;
  bool waits = false;
  Lines problems;
};

Judged judge(std::string_view text) {
  test::FakeCatalogue catalogue({"clicks", "plays"});
  std::vector<TriggerKind> kinds = {{"Stream", [](const SettingsNode& node, WallTime, FunctionFile& file) {
                                       SettingsObject object(node);
                                       auto stream = object.find("Stream");
                                       StreamTrigger trigger;
                                       trigger.stream = stream->text("a stream").value_or("");
                                       file.streams.push_back({*stream, trigger.stream});
                                       file.settings.stream_triggers.push_back(trigger);
                                     }}};
  SettingsProblems problems;
  deploy::JudgedSettings judged = deploy::read_function_settings(text, kinds, catalogue, WallTime{1000}, problems);
  return {judged.settings, judged.waits_for_streams, problems.lines()};
}

}  // namespace

TEST_CASE("a function without settings has the defaults") {
  Judged judged = judge("");
  CHECK(judged.problems.empty());
  CHECK(judged.settings == FunctionSettings{});
}

TEST_CASE("every setting of a function is read") {
  Judged judged = judge(R"({
    "Timeout": 30, "MemorySize": 256, "Workers": 2, "Isolation": "inline",
    "Outputs": ["plays", "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"],
    "Environment": {"LEVEL": "info", "EMPTY": ""},
    "Triggers": [{"Stream": "clicks"}]})");
  CHECK(judged.problems.empty());
  CHECK(judged.settings.timeout == std::chrono::seconds(30));
  CHECK(judged.settings.memory_mb == 256);
  CHECK(judged.settings.workers == 2);
  CHECK(judged.settings.isolation == Isolation::in_line);
  CHECK(judged.settings.outputs == Lines{"plays", "clicks"});
  CHECK(judged.settings.environment == std::map<std::string, std::string>{{"LEVEL", "info"}, {"EMPTY", ""}});
  REQUIRE(judged.settings.stream_triggers.size() == 1);
  CHECK(judged.settings.stream_triggers[0].stream == "clicks");
}

TEST_CASE("all that is wrong with a function's settings comes at once") {
  Judged judged = judge(R"({
    "Timeout": 901, "MemorySize": "much", "Worker": 2, "Isolation": "proces",
    "Outputs": ["plays", 3, "no such name!", "plays"],
    "Environment": {"1LEVEL": "info", "NUMBER": 1},
    "Triggers": [{"Strean": "clicks"}, [], {"Stream": "click"}]})");
  CHECK(
      judged.problems ==
      Lines{
          "Timeout: found 901 (number), wanted a number from 1 to 900",
          R"(MemorySize: found "much" (string), wanted a number from 128 to 10,240)",
          R"(Isolation: found "proces" (string), wanted "process" or "inline"; did you mean "process"?)",
          "Outputs[1]: found 3 (number), wanted the name or ARN of a stream",
          R"(Outputs[2]: found "no such name!" (string), wanted the name or ARN of a stream)",
          R"(Outputs[3]: "plays" is in the list already)",
          "Environment.1LEVEL: wanted a name of letters, digits and '_' that does not start with a digit",
          "Environment.NUMBER: found 1 (number), wanted text in quotes",
          R"(Triggers[0]: no kind of trigger has these keys, wanted "Stream"; "Strean" is not known here; did you mean "Stream"?)",
          "Triggers[1]: found [], wanted an object {...}", R"("Worker" is not known here; did you mean "Workers"?)",
          R"(Triggers[2].Stream: there is no stream "click"; did you mean "clicks"?)"});
}

TEST_CASE("streams that do not exist are told apart, because they may come") {
  CHECK(judge(R"({"Outputs": ["dead-letters"]})").waits);
  CHECK(judge(R"({"Outputs": ["dead-letters"]})").problems ==
        Lines{R"(Outputs[0]: there is no stream "dead-letters")"});
  CHECK_FALSE(judge(R"({"Outputs": ["plays"]})").waits);
  CHECK_FALSE(judge(R"({"Timeout": 0})").waits);
}

TEST_CASE("variables that load code into a worker before its sandbox were taken from the settings") {
  for (const std::string name : {"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "LD_DEBUG_OUTPUT", "LD_ANYTHING_NEW",
                                 "GLIBC_TUNABLES", "GCONV_PATH"}) {
    CHECK(
        judge(R"({"Environment": {"GOOD": "1", ")" + name + R"(": "/tmp/x.so"}})").problems ==
        Lines{"Environment." + name +
              ": this variable steers the dynamic loader, which would run code in a worker before it has given up "
              "its rights"});
  }
  CHECK(judge(R"({"Environment": {"LD": "1", "LDAP_HOST": "h", "OLD_PRELOAD": "x"}})").problems.empty());
}

TEST_CASE("paths that a function may use are absolute") {
  Judged judged = judge(R"({"ReadPaths": ["/srv/models", "/etc/hosts"], "WritePaths": ["/srv/results"]})");
  CHECK(judged.problems.empty());
  CHECK(judged.settings.read_paths == Lines{"/srv/models", "/etc/hosts"});
  CHECK(judged.settings.write_paths == Lines{"/srv/results"});
  CHECK(judge(R"({"ReadPaths": ["models", 3, "/a\nb"], "WritePaths": "/x"})").problems ==
        Lines{R"(ReadPaths[0]: found "models" (string), wanted an absolute path)",
              "ReadPaths[1]: found 3 (number), wanted an absolute path",
              R"(ReadPaths[2]: found "/a\nb" (string), wanted an absolute path)",
              R"(WritePaths: found "/x" (string), wanted a list of paths)"});
}

TEST_CASE("the environment is bounded") {
  std::string text = R"({"Environment": {"A": ")" + std::string(65'536, 'x') + R"("}})";
  CHECK(judge(text).problems == Lines{"Environment: found 65,537 bytes in all, wanted at most 65,536"});
}
