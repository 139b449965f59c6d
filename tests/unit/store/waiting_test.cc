#include <latch>
#include <thread>

#include "store_fixture.h"

namespace shardmill::test {

TEST_CASE_METHOD(StoreFixture, "a waiter is woken once, by the first record after its position") {
  ShardKey shard = create("orders")->shards[0].key;
  std::atomic<int> woken = 0;
  auto waiting = store->wake_when_after(shard, {2}, [&] { ++woken; });
  REQUIRE(put(shard, numbered(1, 2)));
  CHECK(woken == 0);
  REQUIRE(put(shard, numbered(3, 1)));
  CHECK(woken == 1);
  REQUIRE(put(shard, numbered(4, 1)));
  CHECK(woken == 1);
  auto late = store->wake_when_after(shard, {3}, [&] { woken += 10; });
  CHECK(woken == 11);
}

TEST_CASE_METHOD(StoreFixture, "a waiter is woken when its shard is closed or gone") {
  StreamRef stream = create("orders", 2);
  int woken = 0;
  auto closing = store->wake_when_after(stream->shards[0].key, {0}, [&] { ++woken; });
  REQUIRE(reshard("orders", {SplitAt{ShardNumber{0}, 17}}));
  CHECK(woken == 1);
  auto going = store->wake_when_after(stream->shards[1].key, {0}, [&] { ++woken; });
  REQUIRE(remove("orders"));
  CHECK(woken == 2);
  auto gone = store->wake_when_after(stream->shards[1].key, {0}, [&] { ++woken; });
  CHECK(woken == 3);
}

TEST_CASE_METHOD(StoreFixture, "a cancelled waiter is never called, however close the race") {
  ShardKey shard = create("orders")->shards[0].key;
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::thread putting([&] {
    while (!stop) failures += put(shard, numbered(1, 1)) ? 0 : 1;
  });
  for (int i = 0; i < 300; ++i) {
    auto alive = std::make_unique<std::atomic<bool>>(true);
    std::atomic<bool> called_dead = false;
    auto end = store->bounds(shard)->end;
    auto waiting = store->wake_when_after(shard, end, [&, flag = alive.get()] {
      if (!flag->load()) called_dead = true;
    });
    waiting.reset();
    alive->store(false);
    CHECK_FALSE(called_dead);
  }
  stop = true;
  putting.join();
  CHECK(failures == 0);
}

TEST_CASE_METHOD(StoreFixture, "many committers at once keep each their order, without holes") {
  constexpr int kThreads = 8;
  constexpr int kCommits = 60;
  StreamRef stream = create("orders", 3);
  std::latch start(kThreads);
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i < kCommits; ++i) {
        Transaction transaction;
        for (const ShardInfo& shard : stream->shards) {
          transaction.appends.push_back(
              append_of(shard.key, {{std::to_string(t), std::to_string(i)}, {std::to_string(t), "second"}}));
        }
        failures += commit(transaction) ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(failures == 0);
  for (bool reopened : {false, true}) {
    if (reopened) open();
    for (const ShardInfo& shard : stream->shards) {
      std::vector<Record> records = read_all(shard.key);
      REQUIRE(records.size() == kThreads * kCommits * 2);
      std::map<std::string, int> next;
      for (std::size_t i = 0; i < records.size(); i += 2) {
        CHECK(records[i].data == std::to_string(next[records[i].key]++));
        CHECK(records[i + 1] == Record{records[i].key, "second"});
      }
    }
  }
}

}  // namespace shardmill::test
