// Settling: outputs and checkpoint in one transaction, whatever happens to the streams meanwhile.
#include <catch2/catch.hpp>

#include "dispatch_cases.h"

using namespace shardmill;
using namespace shardmill::test;
using namespace std::chrono_literals;

namespace {

// Emits each record to the first output.
Reply relay(const Call& call) {
  Reply reply;
  for (const TestRecord& record : call.records) emit(reply, 0, record.key, record.data);
  return reply;
}

struct Relay {
  explicit Relay(std::uint32_t batch_size = 100) {
    mill.streams.create_now("in", 1);
    mill.streams.create_now("out", 2);
    pool = mill.deploy(on("in", batch_size), relay, {"out"});
  }
  void put_and_run(int first, int count) {
    mill.streams.put("in", kShard0, numbered(first, count));
    mill.run();
  }
  [[nodiscard]] Position checkpoint() const { return mill.streams.checkpoint("f", "in", kShard0); }

  DispatchFixture mill;
  std::shared_ptr<ScriptedPool> pool;
};

}  // namespace

TEST_CASE("outputs and checkpoint are in one transaction, one per batch") {
  Relay relay;
  relay.put_and_run(1, 10);
  CHECK(relay.mill.streams.commits_done() == 1);
  CHECK(relay.mill.streams.records("out").size() == 10);
  CHECK(relay.checkpoint() == Position{10});
  CHECK(relay.mill.status().emitted == 10);
}

TEST_CASE("before the commit neither outputs nor checkpoint are there, and the next batch does not begin") {
  Relay relay(1);
  relay.mill.streams.hold_commits = true;
  relay.put_and_run(1, 2);
  CHECK(relay.mill.streams.records("out").empty());
  CHECK(relay.checkpoint() == Position{0});
  CHECK(relay.mill.status().records == 0);
  CHECK(relay.pool->calls.size() == 1);
  relay.mill.streams.hold_commits = false;
  relay.mill.run();
  CHECK(relay.mill.streams.records("out").size() == 2);
  CHECK(relay.checkpoint() == Position{2});
}

TEST_CASE("a failed attempt settles nothing of what it emitted") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.create_now("out", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  int failures = 2;
  mill.deploy(on("in"),
              [&](const Call& call) {
                Reply reply = relay(call);
                if (failures-- > 0) reply.outcome = {OutcomeKind::error, "", "after emitting"};
                return reply;
              },
              {"out"});
  mill.run();
  CHECK(mill.streams.records("out").empty());
  mill.advance(5s);
  CHECK(mill.streams.records("out") == numbered(1, 1));
}

TEST_CASE("outputs that break a rule fail the attempt and say which") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.create_now("out", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.deploy(on("in"),
              [](const Call&) {
                Reply reply;
                emit(reply, 0, "good", "1");
                emit(reply, 7, "bad", "2");
                return reply;
              },
              {"out"});
  CHECK(mill.lane(kShard0)->last_error == "output 2 of 2: it goes to stream 7, the function has 1 in Outputs");
  CHECK(mill.streams.records("out").empty());
  CHECK(mill.status().errors == 1);
}

TEST_CASE("an output stream that does not exist fails the attempt until it is created") {
  DispatchFixture mill;
  mill.streams.create_now("in", 1);
  mill.streams.put("in", kShard0, numbered(1, 1));
  mill.deploy(on("in"), relay, {"out"});
  CHECK(mill.lane(kShard0)->last_error == "output stream \"out\" does not exist");
  mill.streams.create_now("out", 1);
  mill.advance(1s);
  CHECK(mill.streams.records("out") == numbered(1, 1));
}

TEST_CASE("a split of the output stream between invocation and commit loses, repeats and reorders nothing") {
  Relay relay;
  bool split = false;
  relay.mill.streams.before_commit = [&] {
    if (!std::exchange(split, true)) relay.mill.streams.split_now("out", kShard0);
  };
  relay.put_and_run(1, 100);
  CHECK(relay.pool->calls.size() == 1);
  CHECK(relay.checkpoint() == Position{100});
  CHECK(relay.mill.streams.records("out", kShard0).empty());
  std::vector<TestRecord> all = relay.mill.streams.records("out");
  CHECK(all.size() == 100);
  for (ShardNumber shard : {kShard1, kShard2, ShardNumber{3}}) {
    std::vector<TestRecord> records = relay.mill.streams.records("out", shard);
    CHECK_FALSE(records.empty());
    CHECK(std::is_sorted(records.begin(), records.end(), [](const TestRecord& a, const TestRecord& b) {
      return std::stoi(a.data) < std::stoi(b.data);
    }));
  }
}

TEST_CASE("while the catalogue does not show the change yet, a refused commit is repeated slowly") {
  Relay relay;
  relay.mill.streams.fail_commits = {Error{Errc::shard_closed, "closed"}, Error{Errc::shard_closed, "closed"}};
  relay.put_and_run(1, 1);
  CHECK(relay.checkpoint() == Position{0});
  relay.mill.advance(1s);
  CHECK(relay.checkpoint() == Position{1});
  CHECK(relay.pool->calls.size() == 1);
  CHECK(relay.mill.streams.records("out").size() == 1);
}

TEST_CASE("an output stream that is deleted before the commit makes the batch an attempt that failed") {
  Relay relay;
  bool removed = false;
  relay.mill.streams.before_commit = [&] {
    if (!std::exchange(removed, true)) relay.mill.streams.remove_now("out");
  };
  relay.put_and_run(1, 1);
  CHECK(relay.mill.lane(kShard0)->last_error == "output stream \"out\" does not exist");
  relay.mill.streams.create_now("out", 1);
  relay.mill.advance(1s);
  CHECK(relay.pool->calls.size() == 2);
  CHECK(relay.mill.streams.records("out") == numbered(1, 1));
}

TEST_CASE("on a full disk the batch waits with its outputs, and the function is not called again") {
  Relay relay;
  relay.mill.streams.full = true;
  relay.put_and_run(1, 3);
  relay.mill.advance(10min);
  CHECK(relay.pool->calls.size() == 1);
  CHECK(relay.checkpoint() == Position{0});
  CHECK(relay.mill.lane(kShard0)->last_error == "no space left on device");
  CHECK(relay.pool->busy() == 0);
  relay.mill.streams.full = false;
  relay.mill.advance(5s);
  CHECK(relay.pool->calls.size() == 1);
  CHECK(relay.mill.streams.records("out").size() == 3);
  CHECK(relay.mill.lane(kShard0)->last_error.empty());
}

TEST_CASE("when the store has failed for good the lanes end without settling, and status says so") {
  Relay relay;
  relay.mill.streams.fail_commits = {Error{Errc::unavailable, "an fsync failed"}};
  relay.put_and_run(1, 3);
  relay.put_and_run(4, 3);
  CHECK(relay.pool->calls.size() == 1);
  CHECK(relay.checkpoint() == Position{0});
  CHECK_FALSE(relay.mill.lane(kShard0));
  REQUIRE(relay.mill.status().triggers.size() == 1);
  CHECK(relay.mill.status().triggers[0].state == "stopped");
  CHECK(relay.mill.status().triggers[0].problem == "the store takes no more writes: restart the runtime");
}

TEST_CASE("a settle that is refused for another reason is an attempt that failed") {
  Relay relay;
  relay.mill.streams.fail_commits = {Error{Errc::internal, "what"}};
  relay.put_and_run(1, 1);
  CHECK(relay.mill.lane(kShard0)->last_error == "settle failed: what");
  relay.mill.advance(1s);
  CHECK(relay.pool->calls.size() == 2);
  CHECK(relay.mill.streams.records("out").size() == 1);
}
