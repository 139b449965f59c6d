#include "deploy/server_settings.h"

#include <catch2/catch.hpp>

using namespace shardmill;
using namespace shardmill::deploy;
using Lines = std::vector<std::string>;

namespace {

Lines problems_of(std::string_view text) {
  SettingsProblems problems;
  (void)read_server_settings(text, problems);
  return problems.lines();
}

}  // namespace

TEST_CASE("a server without settings listens on loopback where tools look for it") {
  SettingsProblems problems;
  ServerSettings settings = read_server_settings("", problems);
  CHECK(problems.empty());
  CHECK(settings.listen == "127.0.0.1");
  CHECK(settings.port == 4566);
  CHECK(is_loopback(settings));
  CHECK(check_reach(settings));
}

TEST_CASE("every setting of the server is read") {
  SettingsProblems problems;
  ServerSettings settings = read_server_settings(R"({
    "Listen": "0.0.0.0", "Port": 80, "Region": "eu-west-1", "AccountId": "123456789012",
    "AccessKeys": [{"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "long enough"}],
    "RetentionHours": 48,
    "Streams": {"clicks": {"Shards": 2, "RetentionHours": 24}, "plays": {}}})",
                                                 problems);
  CHECK(problems.lines() == Lines{});
  CHECK(settings.listen == "0.0.0.0");
  CHECK(settings.port == 80);
  CHECK(settings.region == "eu-west-1");
  CHECK(settings.account == "123456789012");
  REQUIRE(settings.access_keys.size() == 1);
  CHECK(settings.access_keys[0].secret == "long enough");
  REQUIRE(settings.streams.size() == 2);
  CHECK(settings.streams[0].name == "clicks");
  CHECK(settings.streams[0].shards == 2);
  CHECK(settings.streams[0].retention_hours == 24);
  CHECK(settings.streams[1].shards == 1);
  CHECK(settings.streams[1].retention_hours == 48);
  CHECK(check_reach(settings));
}

TEST_CASE("all that is wrong with the server's settings comes at once, and no secret is repeated") {
  CHECK(problems_of(R"({
    "Listen": "example.com", "Port": 70000, "Region": "", "AccountId": 12,
    "AccessKeys": ["top secret", {"AccessKeyId": "a", "SecretAccessKey": "hushes"}, {"AccessKeyId": 7, "Secret": "x"}],
    "RetentionHours": 23, "Stream": {},
    "Streams": {"a b": {"Shards": 0}, "c": 1, "d": {"RetentionHour": 24}}})") ==
        Lines{R"(Listen: found "example.com" (string), wanted an IP address of this machine, such as "127.0.0.1")",
              "Port: found 70000 (number), wanted a number from 0 to 65,535",
              R"(Region: found "" (string), wanted a region, such as "us-east-1")",
              "AccountId: found 12 (number), wanted 12 digits in quotes",
              R"(AccessKeys[0]: wanted {"AccessKeyId": ..., "SecretAccessKey": ...})",
              "AccessKeys[1].SecretAccessKey: wanted text of 8 to 128 bytes",
              "AccessKeys[2].AccessKeyId: wanted text of 1 to 128 bytes",
              R"(AccessKeys[2]: "SecretAccessKey" is missing, wanted text of 8 to 128 bytes)",
              R"(AccessKeys[2]: "Secret" is not known here; did you mean "SecretAccessKey"?)",
              "RetentionHours: found 23 (number), wanted a number from 24 to 8,760",
              R"(Streams["a b"]: wanted a name of 1 to 128 letters, digits, '_', '.' and '-')",
              R"(Streams["a b"].Shards: found 0 (number), wanted a number from 1 to 10,000)",
              "Streams.c: found 1 (number), wanted an object {...}",
              R"(Streams.d: "RetentionHour" is not known here; did you mean "RetentionHours"?)",
              R"("Stream" is not known here; did you mean "Streams"?)"});
}

TEST_CASE("--listen takes the place of the settings") {
  ServerSettings settings;
  REQUIRE(apply_listen("127.0.0.1:0", settings));
  CHECK(settings.port == 0);
  REQUIRE(apply_listen("[::1]:81", settings));
  CHECK(settings.listen == "::1");
  CHECK(settings.port == 81);
  CHECK(is_loopback(settings));
  REQUIRE(apply_listen("localhost:9", settings));
  CHECK(settings.listen == "127.0.0.1");
  const char* bad = GENERATE("", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8x",
                             "example.com:80", "::1:80", "4566", "127.0.0.1:-1");
  CAPTURE(bad);
  CHECK_FALSE(apply_listen(bad, settings));
}

TEST_CASE("an address that others can reach needs access keys") {
  ServerSettings settings;
  REQUIRE(apply_listen("0.0.0.0:4566", settings));
  CHECK(check_reach(settings).error().text ==
        "Listen: other machines can reach 0.0.0.0, wanted \"AccessKeys\" in shardmill.json as well, or a loopback "
        "address such as 127.0.0.1");
}
