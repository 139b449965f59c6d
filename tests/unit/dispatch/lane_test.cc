// Lanes over fakes: order, one batch in flight, batching, retries, expiry.
#include <catch2/catch.hpp>

#include "dispatch/batching.h"
#include "dispatch/retry.h"
#include "dispatch_cases.h"

using namespace shardmill;
using namespace shardmill::test;
using namespace std::chrono_literals;

using Strings = std::vector<std::string>;

TEST_CASE("records reach the function in order, in batches of at most BatchSize, and are checkpointed") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 3));
  auto pool = mill.deploy(on("in", 2));
  mill.streams.put("in", kShard0, numbered(4, 1));
  mill.run();

  REQUIRE(pool->calls.size() == 3);
  CHECK(pool->calls[0].records == numbered(1, 2));
  CHECK(pool->calls[1].records == numbered(3, 1));
  CHECK(pool->calls[2].records == numbered(4, 1));
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{4});
  FunctionStatus status = mill.status();
  CHECK(status.records == 4);
  CHECK(status.invocations == 3);
  CHECK(status.errors == 0);
}

TEST_CASE("records that are not in memory are read from the disk") {
  DispatchFixture mill;
  mill.streams.cold = true;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 3));
  auto pool = mill.deploy(on("in", 2));
  CHECK(data_of(pool->calls) == Strings{"1", "2", "3"});
}

TEST_CASE("one batch is in flight per shard, until it is settled") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  mill.streams.put("in", kShard0, numbered(1, 2));
  mill.streams.put("in", kShard1, numbered(3, 1));
  mill.streams.hold_commits = true;
  auto pool = mill.deploy(on("in", 1));
  CHECK(data_of(pool->calls) == Strings{"1", "3"});
  CHECK(pool->busy() == 0);
  CHECK(mill.streams.commits_waiting() == 2);
  mill.streams.hold_commits = false;
  mill.run();
  CHECK(data_of(pool->calls) == Strings{"1", "3", "2"});
}

TEST_CASE("lanes share the workers and none is left out") {
  DispatchFixture mill;
  mill.streams.create_now("in", 20);
  for (std::uint32_t i = 0; i < 20; ++i) mill.streams.put("in", ShardNumber{i}, numbered(1, 10));
  auto pool = mill.pool("v1", {}, 2);
  mill.await(mill.dispatcher->deploy(mill.deployment("v1", on("in", 1)), pool));
  CHECK(pool->calls.size() == 200);
  for (std::uint32_t i = 0; i < 20; ++i) CHECK(mill.streams.checkpoint("f", "in", ShardNumber{i}) == Position{10});
}

TEST_CASE("an idle lane sets no timer and holds no worker") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  auto pool = mill.deploy(on("in", 100, 5s));
  mill.streams.put("in", kShard0, 100, 10);
  mill.run();
  REQUIRE(pool->calls.size() == 1);
  CHECK(mill.time.timers_set() == 0);
  CHECK(pool->busy() == 0);
  CHECK(mill.streams.wakes_registered() == 2);
}

TEST_CASE("a batch carries at most 6 MB, and one record however large") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  constexpr std::size_t kMegabyte = std::size_t{1} << 20;
  mill.streams.put("in", kShard0, 8, kMegabyte - 1);  // with its key of one byte a record has one megabyte
  mill.streams.put("in", kShard0, 1, dispatch::kMaxBatchBytes + 1);
  mill.streams.put("in", kShard0, 1, 10);
  auto pool = mill.deploy(on("in", 100));
  std::vector<std::uint64_t> ends;
  for (const Call& call : pool->calls) ends.push_back(call.last.value);
  CHECK(ends == std::vector<std::uint64_t>{6, 8, 9, 10});
}

TEST_CASE("with a window a batch is gathered until the window is over") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  auto pool = mill.deploy(on("in", 100, 10s));
  mill.advance(4s);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.advance(5s);
  mill.streams.put("in", kShard0, numbered(2, 1));
  mill.advance(999ms);
  CHECK(pool->calls.empty());
  mill.advance(1ms);
  REQUIRE(pool->calls.size() == 1);
  CHECK(pool->calls[0].records == numbered(1, 2));

  // The next window begins as the invocation ends.
  mill.streams.put("in", kShard0, numbered(3, 1));
  mill.advance(9999ms);
  CHECK(pool->calls.size() == 1);
  mill.advance(1ms);
  CHECK(pool->calls.size() == 2);
}

TEST_CASE("a record that comes when the window is long over is sent at once") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  auto pool = mill.deploy(on("in", 100, 10s));
  mill.advance(60s);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.run();
  CHECK(pool->calls.size() == 1);
}

TEST_CASE("a full batch is sent before its window is over, by records and by bytes") {
  DispatchFixture mill;
  bool cold = GENERATE(false, true);
  mill.streams.cold = cold;
  mill.streams.create_now("in", 2);
  auto pool = mill.deploy(on("in", 3, 300s));
  for (int i = 1; i <= 4; ++i) {
    mill.streams.put("in", kShard0, numbered(i, 1));
    mill.run();
  }
  CHECK(data_of(pool->calls) == Strings{"1", "2", "3"});

  auto large = mill.deploy(on("in", 10'000, 300s), {}, {}, "v2");
  for (int i = 0; i < 7; ++i) {
    mill.streams.put("in", kShard1, 1, std::size_t{1} << 20);
    mill.run();
  }
  REQUIRE(large->calls.size() == 1);
  CHECK(large->calls[0].records.size() == 5);
}

TEST_CASE("the rest of a closed shard does not wait for the window") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  auto pool = mill.deploy(on("in", 100, 300s));
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.run();
  CHECK(pool->calls.empty());
  mill.streams.split_now("in", kShard0);
  mill.run();
  CHECK(pool->calls.size() == 1);
}

TEST_CASE("a failing batch is tried again, and holds up its own shard only") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  bool broken = true;
  auto pool = mill.deploy(
      on("in"), [&](const Call& call) { return broken && call.shard == kShard0 ? failing("no luck") : Reply(); });
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.put("in", kShard1, numbered(2, 1));
  mill.run();
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{0});
  CHECK(mill.streams.checkpoint("f", "in", kShard1) == Position{1});
  CHECK(mill.lane(kShard0)->last_error == "no luck");
  CHECK(mill.lane(kShard0)->attempt == 1);
  CHECK(mill.status().last_error == "no luck");

  broken = false;
  mill.advance(1s);
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{1});
  CHECK(mill.lane(kShard0)->last_error.empty());
  CHECK(mill.lane(kShard0)->attempt == 0);
}

TEST_CASE("a retry has the same records and key, the next attempt number and a new request id") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  int failures = 3;
  auto pool = mill.deploy(on("in"), [&](const Call&) { return failures-- > 0 ? failing("x") : Reply(); });
  mill.streams.put("in", kShard0, numbered(3, 2));
  mill.advance(1min);
  REQUIRE(pool->calls.size() == 5);
  for (std::uint32_t i = 0; i < 4; ++i) {
    CHECK(pool->calls[i].attempt == i + 1);
    CHECK(pool->calls[i].records == numbered(1, 2));
    CHECK(pool->calls[i].idempotency_key == pool->calls[0].idempotency_key);
    CHECK((i == 0 || pool->calls[i].request_id != pool->calls[i - 1].request_id));
  }
  CHECK(pool->calls[4].attempt == 1);
  CHECK(pool->calls[4].records == numbered(3, 2));
  CHECK(pool->calls[4].idempotency_key != pool->calls[0].idempotency_key);
  CHECK(mill.status().errors == 3);
  CHECK(mill.status().invocations == 5);
}

TEST_CASE("retries follow the backoff of the seed") {
  constexpr std::uint64_t kSeed = 20'250'214;
  DispatchFixture mill(kSeed);
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  std::vector<SteadyTime> called;
  mill.deploy(on("in"), [&](const Call&) {
    called.push_back(mill.time.steady());
    return failing("x");
  });
  mill.advance(10min);
  dispatch::SeededRandom expected(kSeed);
  REQUIRE(called.size() > 10);
  for (std::uint32_t i = 0; i + 1 < called.size(); ++i) {
    expected.next();  // two draws make a request id
    expected.next();
    CHECK(called[i + 1] - called[i] == dispatch::retry_delay(dispatch::kBatchBackoff, i + 1, expected.next()));
  }
}

TEST_CASE("between its attempts a failing batch holds no worker and no bytes") {
  dispatch::Settings settings;
  settings.bytes_in_flight = 1;  // one holder at a time
  DispatchFixture mill(1, settings);
  mill.streams.create_now("in", 2);
  auto pool =
      mill.deploy(on("in"), [&](const Call& call) { return call.shard == kShard0 ? failing("x") : Reply(); });
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.run();
  CHECK(pool->busy() == 0);
  mill.streams.put("in", kShard1, numbered(2, 1));
  mill.run();
  CHECK(mill.streams.checkpoint("f", "in", kShard1) == Position{1});
}

TEST_CASE("with a full byte budget lanes wait for each other, and all get through") {
  dispatch::Settings settings;
  settings.bytes_in_flight = dispatch::kMaxBatchBytes + 1000;
  DispatchFixture mill(1, settings);
  mill.streams.cold = true;
  mill.streams.create_now("in", 4);
  for (std::uint32_t i = 0; i < 4; ++i) mill.streams.put("in", ShardNumber{i}, numbered(1, 3));
  auto pool = mill.deploy(on("in", 1), [](const Call&) {
    Reply reply;
    reply.hold = true;
    return reply;
  });
  // The batches themselves are small: once their size is known they fit side by side.
  CHECK(pool->calls.size() == 4);
  for (int round = 0; round < 3; ++round) {
    pool->release();
    mill.run();
  }
  CHECK(pool->calls.size() == 12);
  CHECK(mill.status().records == 12);
}

TEST_CASE("a worker that cannot be started is no attempt, and is tried again") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  auto pool = mill.deploy(on("in"));
  pool->fail_borrows = {Error{Errc::io, "fork: out of processes"}, Error{Errc::io, "fork: out of processes"}};
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.run();
  CHECK(mill.lane(kShard0)->last_error == "no worker: fork: out of processes");
  mill.advance(3s);
  REQUIRE(pool->calls.size() == 1);
  CHECK(pool->calls[0].attempt == 1);
  CHECK(mill.status().errors == 2);
  CHECK(mill.status().invocations == 1);
}

TEST_CASE("an outcome of not_started does not count as an attempt") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  int refusals = 2;
  auto pool = mill.deploy(on("in"), [&](const Call&) {
    return refusals-- > 0 ? failing("gone", OutcomeKind::not_started) : failing("x");
  });
  mill.advance(1min);
  REQUIRE(pool->calls.size() >= 4);
  CHECK(pool->calls[0].attempt == 1);
  CHECK(pool->calls[1].attempt == 1);
  CHECK(pool->calls[2].attempt == 1);
  CHECK(pool->calls[3].attempt == 2);
}

TEST_CASE("a read that fails is tried again and shown") {
  DispatchFixture mill;
  mill.streams.cold = true;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.fail_reads = {Error{Errc::corrupt, "shard 0, position 1: checksum is wrong"}};
  auto pool = mill.deploy(on("in"));
  CHECK(pool->calls.empty());
  CHECK(mill.lane(kShard0)->last_error == "shard 0, position 1: checksum is wrong");
  mill.advance(1s);
  CHECK(pool->calls.size() == 1);
}

TEST_CASE("records that expired before they were read are skipped and counted") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  auto pool = mill.deploy(on("in", 100, 300s));
  mill.streams.put("in", kShard0, numbered(1, 5));
  mill.run();
  mill.streams.expire("in", kShard0, Position{4});
  mill.advance(300s);
  REQUIRE(pool->calls.size() == 1);
  CHECK(pool->calls[0].records == numbered(4, 2));
  CHECK(mill.status().expired == 3);
}

TEST_CASE("of a failing batch that expires in part, the rest is tried on") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  mill.streams.put("in", kShard0, numbered(3, 2));
  auto pool =
      mill.deploy(on("in", 3), [](const Call& call) { return call.records.size() == 3 ? failing("x") : Reply(); });
  mill.streams.expire("in", kShard0, Position{3});
  mill.advance(1s);
  REQUIRE(pool->calls.size() == 3);
  CHECK(pool->calls[1].records == numbered(3, 1));
  CHECK(pool->calls[1].attempt == 2);
  CHECK(pool->calls[1].idempotency_key != pool->calls[0].idempotency_key);
  CHECK(pool->calls[2].records == numbered(4, 1));
  CHECK(pool->calls[2].attempt == 1);
  CHECK(mill.status().expired == 2);
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{4});
}

TEST_CASE("a failing batch that expires whole makes way for what follows") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  mill.streams.put("in", kShard0, numbered(3, 1));
  auto pool =
      mill.deploy(on("in", 2), [](const Call& call) { return call.first.value == 1 ? failing("x") : Reply(); });
  mill.streams.expire("in", kShard0, Position{3});
  mill.advance(1s);
  REQUIRE(pool->calls.size() == 2);
  CHECK(pool->calls[1].records == numbered(3, 1));
  CHECK(mill.status().expired == 2);
  CHECK(mill.lane(kShard0)->last_error.empty());
}

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

TEST_CASE("an exception in the middle of a batch is a failure that is tried again") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  int failures = 2;
  auto pool = mill.deploy(on("in"), [&](const Call&) -> Reply {
    if (failures-- > 0) throw std::bad_alloc();
    return Reply();
  });
  CHECK(mill.lane(kShard0)->last_error == "internal failure: std::bad_alloc");
  CHECK(pool->busy() == 0);
  mill.advance(3s);
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{1});
  CHECK(mill.lane(kShard0)->last_error.empty());
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
