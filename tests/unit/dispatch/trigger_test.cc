// Triggers through reshards, new versions, disabling, deleted streams, and stopping.
#include <catch2/catch.hpp>

#include "dispatch_cases.h"

using namespace shardmill;
using namespace shardmill::test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;

Reply held(const Call&) {
  Reply reply;
  reply.hold = true;
  return reply;
}

}  // namespace

TEST_CASE("LATEST begins behind what was there, TRIM_HORIZON with it, AT_TIMESTAMP between") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.advance(1s);
  WallTime between = mill.time.now();
  mill.streams.put("in", kShard0, numbered(2, 1));
  StreamTrigger trigger = on("in");
  Strings expected;
  SECTION("LATEST") {
    trigger.start = StartingPosition::latest;
    expected = {"3"};
  }
  SECTION("TRIM_HORIZON") {
    expected = {"1", "2", "3"};
  }
  SECTION("AT_TIMESTAMP") {
    trigger.start = StartingPosition::at_timestamp;
    trigger.start_time = between;
    expected = {"2", "3"};
  }
  auto pool = mill.deploy(trigger);
  mill.streams.put("in", kShard0, numbered(3, 1));
  mill.run();
  CHECK(data_of(pool->calls) == expected);
}

TEST_CASE("a function that is deployed after a restart goes on from its checkpoints") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  mill.deploy(on("in"));
  mill.await(mill.dispatcher->remove("f"));
  CHECK(mill.dispatcher->status().empty());
  mill.streams.put("in", kShard0, numbered(3, 1));
  mill.run();
  auto pool = mill.deploy(on("in"));
  CHECK(data_of(pool->calls) == Strings{"3"});
}

TEST_CASE("the children of a split begin when their parent is done") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  auto pool = mill.deploy(on("in", 1), held);
  mill.streams.put("in", kShard0, numbered(1, 2));
  mill.streams.split_now("in", kShard0);
  mill.streams.put("in", kShard1, numbered(3, 1));
  mill.streams.put("in", kShard2, numbered(4, 1));
  mill.run();
  CHECK(data_of(pool->calls) == Strings{"1"});
  pool->release();
  mill.run();
  CHECK(data_of(pool->calls) == Strings{"1", "2"});
  pool->release();
  mill.run();
  CHECK(data_of(pool->calls) == Strings{"1", "2", "3", "4"});
  CHECK_FALSE(mill.lane(kShard0));
}

TEST_CASE("the child of a merge waits for the slower parent") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  bool broken = true;
  auto pool = mill.deploy(
      on("in"), [&](const Call& call) { return broken && call.shard == kShard1 ? failing("slow") : Reply(); });
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.put("in", kShard1, numbered(2, 1));
  mill.streams.merge_now("in", kShard0, kShard1);
  mill.streams.put("in", kShard2, numbered(3, 1));
  mill.advance(1min);
  CHECK_FALSE(mill.lane(kShard0));
  CHECK_FALSE(mill.lane(kShard2));
  broken = false;
  mill.advance(1min);
  CHECK(data_of(pool->calls).back() == "3");
  CHECK_FALSE(mill.lane(kShard1));
  CHECK(mill.lane(kShard2));
}

TEST_CASE("shards that split again and again are read in order, also when only found later") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.split_now("in", kShard0);
  mill.streams.put("in", kShard1, numbered(2, 1));
  mill.streams.split_now("in", kShard1);
  mill.streams.merge_now("in", ShardNumber{4}, kShard2);
  mill.streams.put("in", ShardNumber{5}, numbered(3, 1));
  auto pool = mill.deploy(on("in"));
  CHECK(data_of(pool->calls) == Strings{"1", "2", "3"});
  CHECK(mill.status().lanes.size() == 2);
}

TEST_CASE("finished shards are not read again after a restart, their children go on") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.split_now("in", kShard0);
  mill.streams.put("in", kShard1, numbered(2, 1));
  mill.deploy(on("in"));
  mill.await(mill.dispatcher->remove("f"));
  mill.streams.put("in", kShard1, numbered(3, 1));
  auto pool = mill.deploy(on("in"));
  CHECK(data_of(pool->calls) == Strings{"3"});
}

TEST_CASE("a new version finishes the batch in flight on the old one and begins the next on the new one") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 3));
  auto old_pool = mill.deploy(on("in", 1), held);
  auto new_pool = mill.deploy(on("in", 2), {}, {}, "v2");
  CHECK(old_pool->is_retired());
  CHECK(old_pool->busy() == 1);
  CHECK(new_pool->calls.empty());
  CHECK(mill.status().version == "v2");
  old_pool->release();
  mill.run();
  CHECK(data_of(old_pool->calls) == Strings{"1"});
  REQUIRE(new_pool->calls.size() == 1);
  CHECK(data_of(new_pool->calls) == Strings{"2", "3"});
  CHECK(mill.streams.commits_done() == 2);
  CHECK(old_pool->busy() == 0);
}

TEST_CASE("a batch that waits for its retry is tried on a new version at once") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  auto broken = mill.deploy(on("in"), [](const Call&) { return failing("x"); });
  mill.advance(5min);
  std::uint32_t attempts = broken->calls.back().attempt;
  auto mended = mill.deploy(on("in", 1), {}, {}, "v2");
  REQUIRE(mended->calls.size() == 1);
  CHECK(mended->calls[0].records == numbered(1, 2));
  CHECK(mended->calls[0].attempt == attempts + 1);
  CHECK(mended->calls[0].idempotency_key == broken->calls[0].idempotency_key);
}

TEST_CASE("a lane that waits for a worker of the old version gets one of the new") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.put("in", kShard1, numbered(2, 1));
  auto old_pool = mill.pool("v1", held, 1);
  mill.await(mill.dispatcher->deploy(mill.deployment("v1", on("in")), old_pool));
  CHECK(old_pool->calls.size() == 1);
  auto new_pool = mill.deploy(on("in"), {}, {}, "v2");
  CHECK(data_of(new_pool->calls) == Strings{"2"});
  CHECK(mill.status().errors == 0);
  old_pool->release();
  mill.run();
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{1});
}

TEST_CASE("a disabled trigger stops after the batch in flight and keeps its position") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  auto pool = mill.deploy(on("in", 1), held);
  StreamTrigger off = on("in", 1);
  off.enabled = false;
  auto idle = mill.deploy(off, {}, {}, "v2");
  CHECK(mill.status().triggers[0].state == "disabled");
  pool->release();
  mill.streams.put("in", kShard0, numbered(2, 2));
  mill.run();
  CHECK(idle->calls.empty());
  CHECK(mill.status().lanes.empty());
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{1});
  auto again = mill.deploy(on("in"), {}, {}, "v3");
  CHECK(data_of(again->calls) == Strings{"2", "3"});
}

TEST_CASE("a trigger that is enabled again while its last batch runs goes on behind that batch") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  auto pool = mill.deploy(on("in", 1), held);
  StreamTrigger off = on("in", 1);
  off.enabled = false;
  mill.deploy(off, {}, {}, "v2");
  auto again = mill.deploy(on("in", 1), {}, {}, "v3");
  CHECK(again->calls.empty());
  pool->release();
  mill.run();
  CHECK(data_of(again->calls) == Strings{"2"});
}

TEST_CASE("a trigger that a new version does not have stops, and one it adds begins") {
  DispatchFixture mill;
  mill.streams.create_now("a", 1);
  mill.streams.create_now("b", 1);
  mill.streams.put("a", kShard0, numbered(1, 1));
  mill.streams.put("b", kShard0, numbered(2, 1));
  auto first = mill.deploy(on("a"));
  auto second = mill.deploy(on("b"), {}, {}, "v2");
  mill.streams.put("a", kShard0, numbered(3, 1));
  mill.run();
  CHECK(data_of(first->calls) == Strings{"1"});
  CHECK(data_of(second->calls) == Strings{"2"});
  REQUIRE(mill.status().triggers.size() == 1);
  auto third = mill.deploy(on("a"), {}, {}, "v3");
  CHECK(data_of(third->calls) == Strings{"3"});
}

TEST_CASE("two functions read one stream independently") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  auto f = mill.deploy(on("in"), [](const Call&) { return failing("x"); });
  Deployment other = *mill.deployment("v1", on("in"));
  other.function = "g";
  auto g = mill.pool("v1");
  mill.await(mill.dispatcher->deploy(std::make_shared<const Deployment>(other), g));
  CHECK(g->calls.size() == 1);
  CHECK(mill.streams.checkpoint("g", "in", kShard0) == Position{1});
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{0});
}

TEST_CASE("a trigger on a stream that does not exist waits for it") {
  DispatchFixture mill;
  auto pool = mill.deploy(on("in"));
  CHECK(mill.status().triggers[0].state == "no stream");
  CHECK(mill.status().triggers[0].problem == "stream \"in\" does not exist");
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.run();
  CHECK(mill.status().triggers[0].state == "enabled");
  CHECK(data_of(pool->calls) == Strings{"1"});
}

TEST_CASE("a deleted stream ends its lanes, and one of the same name starts anew") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  mill.streams.put("in", kShard0, numbered(1, 5));
  auto pool = mill.deploy(on("in"));
  mill.streams.remove_now("in");
  mill.run();
  CHECK(mill.status().triggers[0].state == "stream deleted");
  CHECK(mill.status().lanes.empty());
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(7, 1));
  mill.run();
  CHECK(data_of(pool->calls).back() == "7");
  CHECK(pool->calls.back().first == Position{1});
  CHECK(mill.status().triggers[0].state == "enabled");
}

TEST_CASE("a stream that is deleted and created during a batch ends that batch without settling it") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  auto pool = mill.deploy(on("in"), held);
  mill.streams.remove_now("in");
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(2, 1));
  mill.run();
  CHECK(data_of(pool->calls) == Strings{"1"});
  pool->release();
  mill.run();
  CHECK(data_of(pool->calls) == Strings{"1", "2"});
  pool->release();
  mill.run();
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{1});
}

TEST_CASE("a trigger whose checkpoints cannot be opened is tried again") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.streams.fail_opens = {Error{Errc::full, "no space left on device"}};
  auto pool = mill.deploy(on("in"));
  CHECK(mill.status().triggers[0].state == "stopped");
  CHECK(mill.status().triggers[0].problem == "no space left on device");
  mill.advance(1s);
  CHECK(mill.status().triggers[0].state == "enabled");
  CHECK(pool->calls.size() == 1);
}

TEST_CASE("remove returns when the batch in flight is settled") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  auto pool = mill.deploy(on("in", 1), held);
  auto removed = mill.begin(mill.dispatcher->remove("f"));
  CHECK_FALSE(*removed);
  CHECK(pool->is_retired());
  CHECK(mill.status().state == "removed");
  pool->release();
  mill.run();
  CHECK(*removed);
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{1});
  CHECK(pool->calls.size() == 1);
  mill.await(mill.dispatcher->remove("f"));
  mill.await(mill.dispatcher->remove("never there"));
}

TEST_CASE("a function that is deployed while it is removed goes on behind the batch in flight") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 2));
  auto pool = mill.deploy(on("in", 1), held);
  auto removed = mill.begin(mill.dispatcher->remove("f"));
  auto again = mill.deploy(on("in", 1), {}, {}, "v2");
  mill.run();
  CHECK(*removed);
  pool->release();
  mill.run();
  CHECK(data_of(again->calls) == Strings{"2"});
  CHECK(mill.status().state == "live");
}

TEST_CASE("stop settles the batches in flight, begins none, and does not wait for retries") {
  DispatchFixture mill;
  mill.streams.create_now("in", 2);
  mill.streams.put("in", kShard0, numbered(1, 2));
  mill.streams.put("in", kShard1, numbered(3, 2));
  auto pool =
      mill.deploy(on("in", 1), [](const Call& call) { return call.shard == kShard1 ? failing("x") : held(call); });
  mill.streams.hold_commits = true;
  auto stopped = mill.begin(mill.dispatcher->stop());
  CHECK_FALSE(*stopped);
  pool->release();
  mill.run();
  CHECK_FALSE(*stopped);
  mill.streams.hold_commits = false;
  mill.run();
  CHECK(*stopped);
  CHECK(data_of(pool->calls) == Strings{"1", "3"});
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{1});
  CHECK(mill.streams.checkpoint("f", "in", kShard1) == Position{0});

  auto late = mill.pool("v2");
  mill.await(mill.dispatcher->deploy(mill.deployment("v2", on("in")), late));
  CHECK(late->calls.empty());
  CHECK(late->is_retired());
}

TEST_CASE("stop gives up a settle that waits for space, without the function being called again") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.full = true;
  mill.streams.put("in", kShard0, numbered(1, 1));
  auto pool = mill.deploy(on("in"));
  mill.await(mill.dispatcher->stop());
  CHECK(pool->calls.size() == 1);
  CHECK(mill.streams.checkpoint("f", "in", kShard0) == Position{0});
}

TEST_CASE("stop reaches lanes that wait for a worker") {
  DispatchFixture mill;
  mill.streams.create_now("in", 3);
  for (ShardNumber shard : {kShard0, kShard1, kShard2}) mill.streams.put("in", shard, numbered(1, 1));
  auto pool = mill.pool("v1", held, 1);
  mill.await(mill.dispatcher->deploy(mill.deployment("v1", on("in")), pool));
  auto stopped = mill.begin(mill.dispatcher->stop());
  pool->release();
  mill.run();
  CHECK(*stopped);
  CHECK(pool->calls.size() == 1);
}
