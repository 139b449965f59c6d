// What status and the log say of lanes.
#include <catch2/catch.hpp>

#include "dispatch_cases.h"

using namespace shardmill;
using namespace shardmill::test;
using namespace std::chrono_literals;

TEST_CASE("status shows lag, end, checkpoint and the age of the last batch sent") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  mill.advance(1500ms);
  mill.deploy(on("in", 1), [](const Call& call) { return call.first.value == 2 ? failing("x") : Reply(); });
  mill.streams.put("in", kShard0, numbered(3, 2));
  std::optional<LaneStatus> lane = mill.lane(kShard0);
  REQUIRE(lane);
  CHECK(lane->stream == "in");
  CHECK(lane->checkpoint == Position{1});
  CHECK(lane->end == Position{4});
  CHECK(lane->lag_records == 3);
  CHECK(lane->iterator_age_ms == 1500);
  CHECK(lane->attempt == 1);
  FunctionStatus status = mill.status();
  CHECK(status.function == "f");
  CHECK(status.version == "v1");
  CHECK(status.state == "live");
  REQUIRE(status.triggers.size() == 1);
  CHECK(status.triggers[0].state == "enabled");
}

TEST_CASE("status shows which attempt is in flight") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  auto pool = mill.deploy(on("in"), [](const Call& call) {
    Reply reply = call.attempt < 3 ? failing("x") : Reply();
    reply.hold = call.attempt == 3;
    return reply;
  });
  mill.advance(1min);
  CHECK(mill.lane(kShard0)->attempt == 3);
  pool->release();
  mill.run();
  CHECK(mill.lane(kShard0)->attempt == 0);
}

TEST_CASE("failures are told to the function's log") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.deploy(on("in"), [](const Call&) {
    Reply reply;
    reply.outcome = {OutcomeKind::error, "std::runtime_error", "no luck"};
    return reply;
  });
  REQUIRE(mill.log.lines.size() == 1);
  CHECK(mill.log.lines[0].function == "f");
  CHECK(mill.log.lines[0].version == "v1");
  CHECK(mill.log.lines[0].level == LogLevel::error);
  CHECK(mill.log.lines[0].text == "shardId-000000000000 of in: std::runtime_error: no luck");
}

TEST_CASE("a lane whose shard is gone disappeared from status with its last error") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.deploy(on("in"), [](const Call&) { return failing("no luck"); });
  mill.streams.lose_now("in", kShard0);
  mill.advance(1min);
  REQUIRE(mill.lane(kShard0));
  CHECK(mill.lane(kShard0)->last_error == "no luck");
  CHECK(mill.lane(kShard0)->attempt == 0);
  CHECK(mill.lane(kShard1)->last_error.empty());
}

TEST_CASE("a lane that was idle when its shard went says so") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.deploy(on("in"));
  mill.streams.lose_now("in", kShard0);
  mill.run();
  REQUIRE(mill.lane(kShard0));
  CHECK(mill.lane(kShard0)->last_error == "shardId-000000000000 of in does not exist any more");
}

TEST_CASE("a lane that could not read its records shows why, also when the shard is gone") {
  DispatchFixture mill;
  mill.streams.cold = true;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.fail_reads = {Error{Errc::corrupt, "shard 0, position 1: checksum is wrong"}};
  mill.deploy(on("in"));
  CHECK(mill.lane(kShard0)->last_error == "shard 0, position 1: checksum is wrong");
  mill.streams.lose_now("in", kShard0);
  mill.advance(1min);
  REQUIRE(mill.lane(kShard0));
  CHECK(mill.lane(kShard0)->last_error == "shard 0, position 1: checksum is wrong");
}

TEST_CASE("lanes of a deleted stream are not shown: its trigger says what happened") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.deploy(on("in"), [](const Call&) { return failing("no luck"); });
  mill.streams.remove_now("in");
  mill.advance(1min);
  CHECK(mill.status().lanes.empty());
  CHECK(mill.status().triggers[0].state == "stream deleted");
}
