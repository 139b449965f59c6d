#include "http/kinesis/daily_limit.h"

#include <catch2/catch.hpp>

#include "support/manual_time.h"

using namespace std::chrono_literals;
using shardmill::StreamId;
using shardmill::http::kinesis::DailyLimit;

namespace {

struct Fixture {
  void pass(std::chrono::milliseconds time) { clock.move_to(clock.steady() + time); }

  shardmill::test::ManualTime clock{shardmill::WallTime{0}};
  DailyLimit limit{clock, 2};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "What is allowed twice a day is allowed twice in any 24 hours") {
  CHECK(limit.admit(StreamId{1}));
  pass(10h);
  CHECK(limit.admit(StreamId{1}));
  pass(14h - 1ms);
  CHECK_FALSE(limit.admit(StreamId{1}));
  pass(1ms);
  CHECK(limit.admit(StreamId{1}));
  CHECK_FALSE(limit.admit(StreamId{1}));
  pass(10h);
  CHECK(limit.admit(StreamId{1}));
}

TEST_CASE_METHOD(Fixture, "What was refused does not count") {
  CHECK(limit.admit(StreamId{1}));
  CHECK(limit.admit(StreamId{1}));
  pass(23h);
  CHECK_FALSE(limit.admit(StreamId{1}));
  pass(1h);
  CHECK(limit.admit(StreamId{1}));
  CHECK(limit.admit(StreamId{1}));
}

TEST_CASE_METHOD(Fixture, "Streams are counted for themselves") {
  CHECK(limit.admit(StreamId{1}));
  CHECK(limit.admit(StreamId{1}));
  CHECK(limit.admit(StreamId{2}));
  CHECK_FALSE(limit.admit(StreamId{1}));
}
