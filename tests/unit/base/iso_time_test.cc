#include "base/iso_time.h"

#include <catch2/catch.hpp>

using shardmill::parse_iso_time;

TEST_CASE("times in UTC, with an offset, with a fraction, and days") {
  CHECK(parse_iso_time("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_iso_time("2026-07-14T09:30:00Z") == 1'784'021'400'000);
  CHECK(parse_iso_time("2026-07-14 09:30:00Z") == 1'784'021'400'000);
  CHECK(parse_iso_time("2026-07-14T11:30:00+02:00") == 1'784'021'400'000);
  CHECK(parse_iso_time("2026-07-14T04:00:00-0530") == 1'784'021'400'000);
  CHECK(parse_iso_time("2026-07-14T09:30:00.25Z") == 1'784'021'400'250);
  CHECK(parse_iso_time("2026-07-14T09:30:00.123456Z") == 1'784'021'400'123);
  CHECK(parse_iso_time("2026-07-14") == 1'783'987'200'000);
}

TEST_CASE("what is no time is refused") {
  const char* text = GENERATE("", "now", "2026", "2026-13-01", "2026-02-30", "2026-07-14T", "2026-07-14T09:30Z",
                              "2026-07-14T09:30:00", "2026-07-14T24:00:00Z", "2026-07-14T09:60:00Z",
                              "2026-07-14T09:30:00.Z", "2026-07-14T09:30:00Zx", "2026-07-14T09:30:00+99:00",
                              "-026-07-14", "2026--7-14", "1969-12-31", "2026-07-14T09:30:00+");
  CAPTURE(text);
  CHECK_FALSE(parse_iso_time(text));
}
