// Random histories against what must hold after any of them: every record that was put is handled in the order of its
// key, and its output is there exactly once, through reshards, failures, new versions, full disks and crashes.
#include <cstdlib>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "dispatch_cases.h"

using namespace shardmill;
using namespace shardmill::test;
using namespace std::chrono_literals;

namespace {

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed), mill_(seed ^ 0x5EED) {
    mill_.streams.create_now("in", 1 + pick(3));
    mill_.streams.create_now("out", 1 + pick(3));
    deploy();
  }

  void live(int steps) {
    for (int i = 0; i < steps; ++i) step();
    heal();
    check();
  }

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_.next() % below); }

  void step() {
    switch (pick(16)) {
      case 0:
        return reshard("in");
      case 1:
        return reshard("out");
      case 2:
        return deploy();
      case 3:
        return crash();
      case 4:
        mill_.streams.hold_commits = pick(2) == 0;
        return;
      case 5:
        mill_.streams.full = pick(3) == 0;
        return;
      case 6:
        mill_.streams.cold = pick(2) == 0;
        return;
      case 7:
        failing_ = pick(3);
        return;
      case 8:
        for (auto& pool : pools_) pool->release();
        return;
      case 9:
        mill_.begin(mill_.dispatcher->remove("f"));
        return deploy();
      case 10:
      case 11:
        return mill_.advance(std::chrono::milliseconds(pick(20'000)), &random_);
      default:
        return put();
    }
  }

  void put() {
    std::vector<TestRecord> records;
    for (std::uint32_t i = 0, count = 1 + pick(6); i < count; ++i) {
      records.push_back({"key" + std::to_string(pick(5)), std::to_string(++put_)});
    }
    mill_.streams.put("in", records);
    if (pick(2) == 0) mill_.run(&random_);
  }

  void reshard(const std::string& name) {
    StreamRef stream = mill_.streams.find(name);
    std::size_t open = stream->open_by_hash.size();
    std::size_t at = pick(static_cast<std::uint32_t>(open));
    auto number = [&](std::size_t i) { return stream->shards[stream->open_by_hash[i]].number; };
    if (open > 1 && at + 1 < open && pick(2) == 0) {
      mill_.streams.merge_now(name, number(at), number(at + 1));
    } else if (open < 6) {
      mill_.streams.split_now(name, number(at));
    }
  }

  void deploy() {
    StreamTrigger trigger = on("in", 1 + pick(7), std::chrono::seconds(pick(3) == 0 ? pick(30) : 0));
    trigger.enabled = pick(8) != 0;
    std::string version = "v" + std::to_string(++versions_);
    auto pool = mill_.pool(version, [this](const Call& call) { return handle(call); }, 1 + pick(3));
    pools_.push_back(pool);
    mill_.begin(mill_.dispatcher->deploy(mill_.deployment(version, trigger, {"out"}), pool));
  }

  void crash() {
    // Some of what waits for the disk still gets there, unanswered.
    bool held = std::exchange(mill_.streams.hold_commits, false);
    for (std::uint32_t i = pick(4); i > 0; --i) mill_.streams.pump();
    mill_.streams.hold_commits = held;
    pools_.clear();
    mill_.crash();
    deploy();
  }

  Reply handle(const Call& call) {
    Reply reply;
    for (const TestRecord& record : call.records) emit(reply, 0, record.key, record.data);
    if (failing_ > 0 && pick(failing_ + 1) != 0) reply.outcome = {OutcomeKind::error, "", "bad luck"};
    if (failing_ > 0 && pick(16) == 0) emit(reply, 1, "", "");
    reply.hold = pick(6) == 0;
    return reply;
  }

  void heal() {
    mill_.streams.hold_commits = false;
    mill_.streams.full = false;
    failing_ = 0;
    for (int round = 0; round < 100; ++round) {
      for (auto& pool : pools_) pool->release();
      mill_.advance(1min, &random_);
    }
    auto pool = mill_.pool("last", [this](const Call& call) {
      Reply reply = handle(call);
      reply.hold = false;
      return reply;
    });
    mill_.begin(mill_.dispatcher->deploy(mill_.deployment("last", on("in"), {"out"}), pool));
    mill_.advance(10min, &random_);
  }

  void check() {
    std::vector<TestRecord> out = mill_.streams.records("out");  // parents stand before their children
    CHECK(out.size() == static_cast<std::size_t>(put_));
    std::set<std::string> distinct;
    std::map<std::string, int> last_of_key;
    for (const TestRecord& record : out) {
      CHECK(distinct.insert(record.data).second);
      int number = std::stoi(record.data);
      CHECK(number > std::exchange(last_of_key[record.key], number));
    }
    for (const ShardInfo& shard : mill_.streams.find("in")->shards) {
      Result<ShardBounds> bounds = mill_.streams.bounds(shard.key);
      CHECK(mill_.streams.checkpoint("f", "in", shard.number) == bounds->end);
    }
  }

  dispatch::SeededRandom random_;
  DispatchFixture mill_;
  std::vector<std::shared_ptr<ScriptedPool>> pools_;
  int put_ = 0;
  int versions_ = 0;
  std::uint32_t failing_ = 0;  // of failing_ + 1 calls, that many fail
};

}  // namespace

TEST_CASE("after any history every record's output is there once, in the order of its key") {
  // SHARDMILL_SEED replays one history; SHARDMILL_HISTORIES says how many.
  const char* seed = std::getenv("SHARDMILL_SEED");
  const char* histories = std::getenv("SHARDMILL_HISTORIES");
  std::uint64_t first = seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
  std::uint64_t count = seed != nullptr ? 1 : histories != nullptr ? std::strtoull(histories, nullptr, 10) : 300;
  for (std::uint64_t i = first; i < first + count; ++i) {
    INFO("SHARDMILL_SEED=" << i);
    History(i).live(120);
  }
}
