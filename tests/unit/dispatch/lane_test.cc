// Lanes over fakes: order, one batch in flight, batching.
#include <catch2/catch.hpp>

#include "dispatch/batching.h"
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
