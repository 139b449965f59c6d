#include "worker/log_lines.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace shardmill;
using namespace shardmill::worker;
using namespace std::chrono_literals;

namespace {

struct Got {
  LogLevel level;
  std::string text;
};

struct Reader {
  std::vector<Got> got;
  SteadyTime now{};
  LogLines lines;

  explicit Reader(LogBudget budget = {})
      : lines([this](LogLevel level, std::string text) { got.push_back({level, std::move(text)}); }, now, budget) {}
  void feed(std::string_view bytes) { lines.feed(bytes, now); }
};

}  // namespace

TEST_CASE("Lines come out whole however their bytes arrive") {
  Reader reader;
  reader.feed("one\ntw");
  reader.feed("o\n\nthree");
  REQUIRE(reader.got.size() == 3);
  CHECK(reader.got[0].text == "one");
  CHECK(reader.got[1].text == "two");
  CHECK(reader.got[2].text.empty());
  reader.lines.flush(reader.now);
  CHECK(reader.got[3].text == "three");
}

TEST_CASE("A marked line has its level, any other one is info") {
  Reader reader;
  reader.feed(
      "\x1e"
      "3bad\n"
      "\x1e"
      "9odd\n"
      "plain\n"
      "\x1e\n");
  REQUIRE(reader.got.size() == 4);
  CHECK(reader.got[0].level == LogLevel::error);
  CHECK(reader.got[0].text == "bad");
  CHECK(reader.got[1].level == LogLevel::error);
  CHECK(reader.got[2].level == LogLevel::info);
  CHECK(reader.got[3].text == "\x1e");
}

TEST_CASE("A line is at most 16 KiB, and says what is missing") {
  Reader reader;
  reader.feed(std::string(kMaxLogLine, 'a') + "\n" +
              "\x1e"
              "2" +
              std::string(kMaxLogLine, 'b') + "\n");
  reader.feed(std::string(50'000, 'c'));
  reader.feed(std::string(50'000, 'c') + "\n");
  REQUIRE(reader.got.size() == 3);
  CHECK(reader.got[0].text == std::string(kMaxLogLine, 'a'));
  CHECK(reader.got[1].text == std::string(kMaxLogLine, 'b'));
  CHECK(reader.got[2].text.size() == kMaxLogLine);
  CHECK_THAT(reader.got[2].text, Catch::EndsWith("c ... (83616 bytes more)"));
}

TEST_CASE("Lines beyond the budget are counted, and let through again as time passes") {
  Reader reader({.burst = 3 * LogBudget::kLineCost, .per_second = 2 * LogBudget::kLineCost});
  for (int i = 0; i < 10; ++i) reader.feed("line\n");
  CHECK(reader.got.size() == 3);
  CHECK(reader.lines.over_budget());
  reader.now += 1s;
  reader.feed("later\n");
  REQUIRE(reader.got.size() == 5);
  CHECK(reader.got[3].level == LogLevel::warn);
  CHECK(reader.got[3].text == "7 log lines left out: more than 1 KB/s");
  CHECK(reader.got[4].text == "later");
  CHECK_FALSE(reader.lines.over_budget());
}

TEST_CASE("What was left out is said at the end of an invocation too") {
  Reader reader({.burst = LogBudget::kLineCost, .per_second = 1024});
  reader.feed("one\ntwo\n");
  reader.lines.flush(reader.now);
  REQUIRE(reader.got.size() == 2);
  CHECK_THAT(reader.got[1].text, Catch::StartsWith("1 log lines left out"));
}
