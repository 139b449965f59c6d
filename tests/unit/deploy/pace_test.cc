#include "deploy/pace.h"

#include <catch2/catch.hpp>

using namespace shardmill;
using namespace shardmill::deploy;
using namespace std::chrono_literals;

namespace {

constexpr Pace kPace;
constexpr SteadyTime kNow{1000s};

FunctionFiles files_of(std::uint64_t size) {
  FunctionFiles files;
  files.code = {FileStamp::Kind::regular, size, 1, 1, 1};
  return files;
}

}  // namespace

TEST_CASE("files just written are left alone for the settle time") {
  Watched watched;
  take_look(watched, files_of(1), kNow, 0ns);
  CHECK(due(watched, kPace) == kNow + kPace.settle);
}

TEST_CASE("every change begins the waiting anew") {
  Watched watched;
  take_look(watched, files_of(1), kNow, 0ns);
  take_look(watched, files_of(2), kNow + 40ms, 0ns);
  CHECK(due(watched, kPace) == kNow + 40ms + kPace.settle);
  take_look(watched, files_of(2), kNow + 60ms, 0ns);
  CHECK(due(watched, kPace) == kNow + 40ms + kPace.settle);
}

TEST_CASE("files moved in, which are old, are acted on at once") {
  Watched watched;
  take_look(watched, files_of(1), kNow, 10s);
  CHECK(due(watched, kPace) <= kNow);
}

TEST_CASE("files from the future are taken as new") {
  Watched watched;
  take_look(watched, files_of(1), kNow, -10s);
  CHECK(due(watched, kPace) == kNow + kPace.settle);
}

TEST_CASE("settled files are left alone until they change or a retry is due") {
  Watched watched;
  take_look(watched, files_of(1), kNow, 0ns);
  watched.settled = true;
  CHECK_FALSE(due(watched, kPace));
  watched.retry_at = kNow + 5s;
  CHECK(due(watched, kPace) == kNow + 5s);
  take_look(watched, files_of(2), kNow + 1s, 0ns);
  CHECK(due(watched, kPace) == kNow + 1s + kPace.settle);
}

TEST_CASE("code that is gone is waited for a little longer, because it may be written anew") {
  Watched watched;
  take_look(watched, files_of(1), kNow, 0ns);
  watched.settled = true;
  take_look(watched, FunctionFiles{}, kNow + 1s, 10s);
  CHECK(due(watched, kPace) == kNow + 1s + kPace.removal);
}

TEST_CASE("code without its end is given up after the patience, or looked at when it grows") {
  Watched watched;
  take_look(watched, files_of(1), kNow, 0ns);
  watched.incomplete = true;
  CHECK(due(watched, kPace) == kNow + kPace.patience);
  CHECK_FALSE(patience_is_over(watched, kPace, kNow + kPace.patience - 1ms));
  CHECK(patience_is_over(watched, kPace, kNow + kPace.patience));
  take_look(watched, files_of(2), kNow + 1s, 0ns);
  CHECK(due(watched, kPace) == kNow + 1s + kPace.settle);
}
