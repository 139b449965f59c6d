// What the case files under tests/wire do not show: patterns and lengths by themselves.
#include "http/kinesis/validate.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace shardmill::http::kinesis;  // NOLINT: test

TEST_CASE("Names") {
  for (std::string_view good : {"a", "A.b_c-9", "..", "-"}) CHECK(matches(Pattern::name, good));
  for (std::string_view bad : {"", " ", "a b", "\u00e4", "a/b", "a\n"}) CHECK_FALSE(matches(Pattern::name, bad));
}

TEST_CASE("Hash keys and sequence numbers are decimal without leading zeros, up to a length") {
  CHECK(matches(Pattern::hash_key, "0"));
  CHECK(matches(Pattern::hash_key, std::string(39, '9')));
  CHECK_FALSE(matches(Pattern::hash_key, std::string(40, '9')));
  CHECK(matches(Pattern::sequence_number, std::string(129, '9')));
  CHECK_FALSE(matches(Pattern::sequence_number, std::string(130, '9')));
  for (std::string_view bad : {"", "00", "01", "-1", "+1", "1.0", " 1", "1 ", "a"}) {
    CHECK_FALSE(matches(Pattern::hash_key, bad));
    CHECK_FALSE(matches(Pattern::sequence_number, bad));
  }
}

TEST_CASE("Stream ARNs") {
  for (std::string_view good :
       {"arn:aws:kinesis:us-east-1:000000000000:stream/s", "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a/b",
        "arn:aws:kinesis::000000000000:stream/x"}) {
    CHECK(matches(Pattern::stream_arn, good));
    CHECK(matches(Pattern::resource_arn, good));
  }
  for (std::string_view bad :
       {"", "s", "arn:aws:kinesis:us-east-1:00000000000:stream/s",
        "arn:aws:kinesis:us-east-1:0000000000000:stream/s", "arn:aws:kinesis:us-east-1:00000000000x:stream/s",
        "arn:aws:kinesis:us-east-1:000000000000:stream/", "arn:aws:kinesis:us-east-1:000000000000:stream",
        "arn:aws:kinesis:us-east-1:000000000000:stream/a b", "xarn:aws:kinesis:us-east-1:000000000000:stream/s",
        "arn:aws:lambda:us-east-1:000000000000:stream/s"}) {
    INFO(bad);
    CHECK_FALSE(matches(Pattern::stream_arn, bad));
  }
  CHECK(matches(Pattern::resource_arn, "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1"));
}

TEST_CASE("Stream ids") {
  CHECK(matches(Pattern::stream_id, "abcdefghij0123456789-a1z"));
  CHECK_FALSE(matches(Pattern::stream_id, "abcdefghij0123456789_a1z"));
  CHECK_FALSE(matches(Pattern::stream_id, "Abcdefghij0123456789-a1z"));
  CHECK_FALSE(matches(Pattern::stream_id, "abcdefghij0123456789-a1"));
}

TEST_CASE("Lengths count UTF-16 units, as Java does") {
  CHECK(utf16_length("") == 0);
  CHECK(utf16_length("abc") == 3);
  CHECK(utf16_length("\u00fc\u20ac") == 2);
  CHECK(utf16_length("\U0001F600") == 2);
}

TEST_CASE("A huge refused value is shown in part, at a whole character") {
  constexpr Member kShape[] = {{.name = "Name", .range = {1, 10}}};
  std::string huge;
  for (int i = 0; i < 100'000; ++i) huge += "\u20ac";
  auto problem = validate(nlohmann::json{{"Name", huge}}, kShape);
  REQUIRE(problem.has_value());
  CHECK(problem->message.size() < 70'000);
  CHECK(problem->message.find("\u20ac...' at 'name'") != std::string::npos);
}
