#include "deploy/last_good.h"

#include <catch2/catch.hpp>

#include "tests/support/temp_folder.h"

using namespace shardmill;
using namespace shardmill::deploy;

TEST_CASE("what was live is read back as it was written") {
  test::TempFolder folder;
  auto path = folder.path() / "live.json";
  CHECK(read_last_good(path)->empty());
  LastGood live = {{"hello", {std::string(64, 'a'), "{\"Timeout\": 3} // \n"}},
                   {"plain", {std::string(64, '0'), ""}}};
  REQUIRE(write_last_good(path, live));
  CHECK(read_last_good(path) == live);
}

TEST_CASE("a list of what was live that is damaged is an error, not a crash") {
  test::TempFolder folder;
  const char* text =
      GENERATE("", "[]", "{", R"({"a": 1})", R"({"a": {"Code": "../../etc/passwd", "Settings": ""}})",
               R"({"a": {"Code": 1, "Settings": ""}})", R"({"a": {"Settings": ""}})");
  CAPTURE(text);
  CHECK_FALSE(read_last_good(folder.write("live.json", text)));
}
