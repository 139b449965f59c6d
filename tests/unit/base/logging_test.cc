#include "base/logging.h"

#include <catch2/catch.hpp>

using namespace shardmill;

TEST_CASE("log levels have names") {
  CHECK(log_level_name(LogLevel::warn) == "warn");
  CHECK(parse_log_level("error") == LogLevel::error);
  CHECK_FALSE(parse_log_level("loud"));
}

TEST_CASE("a plain log line cannot steer a terminal") {
  CHECK(plain_log_text("a\tb\x1b[2J\n\x7f") == "a\tb\\x1b[2J\n  \\x7f");
}

TEST_CASE("a JSON log line is one object whatever the text is") {
  CHECK(json_log_line(1'784'021'400'007, LogLevel::info, "say \"hi\"\n\xff",
                      {{"function", "hello"}, {"request", ""}}) ==
        "{\"time\":\"2026-07-14T09:30:00.007Z\",\"level\":\"info\",\"message\":\"say \\\"hi\\\"\\n\xEF\xBF\xBD\","
        "\"function\":\"hello\"}");
}
