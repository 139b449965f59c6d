// Lanes over fakes: what fails is tried again; what expires makes way.
#include <catch2/catch.hpp>

#include "dispatch/retry.h"
#include "dispatch_cases.h"

using namespace shardmill;
using namespace shardmill::test;
using namespace std::chrono_literals;

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
