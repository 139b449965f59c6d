#include "store_fixture.h"

namespace shardmill::test {

TEST_CASE_METHOD(StoreFixture, "records are read back as they were put, from memory and after reopening") {
  ShardKey shard = create("orders")->shards[0].key;
  REQUIRE(put(shard, numbered(1, 500))->firsts == std::vector<Position>{{1}});
  REQUIRE(put(shard, numbered(501, 3))->firsts == std::vector<Position>{{501}});
  CHECK(store->try_read({shard, {1}, 10, 1000}).has_value());
  CHECK(read_all(shard) == numbered(1, 503));

  open();
  CHECK(store->find("orders")->shards[0].key == shard);
  CHECK_FALSE(store->try_read({shard, {1}, 10, 1000}).has_value());
  CHECK(read_all(shard) == numbered(1, 503));
  REQUIRE(put(shard, numbered(504, 1))->firsts == std::vector<Position>{{504}});
  CHECK(read_all(shard, 503) == numbered(503, 2));
}

TEST_CASE_METHOD(StoreFixture, "a read keeps to its limits and says where to go on") {
  ShardKey shard = create("orders")->shards[0].key;
  REQUIRE(put(shard, {{"a", "12345"}, {"b", "12345"}, {"c", "12345"}}));
  REQUIRE(put(shard, {{"d", "12345"}}));
  for (bool from_disk : {false, true}) {
    if (from_disk) open();
    CAPTURE(from_disk);
    CHECK(records_of(*read(shard, 1, 2)).size() == 2);
    CHECK(read(shard, 1, 2)->next == Position{3});
    CHECK(records_of(*read(shard, 2, 100, 12)).size() == 2);
    CHECK(records_of(*read(shard, 2, 100, 18)).size() == 3);
    CHECK(records_of(*read(shard, 2, 100, 1)).size() == 1);
    CHECK(read(shard, 1, 100)->end == Position{4});
    Result<ReadResult> tip = read(shard, 5);
    REQUIRE(tip);
    CHECK(tip->slices.empty());
    CHECK(tip->next == Position{5});
    CHECK_FALSE(tip->shard_ended);
  }
}

TEST_CASE_METHOD(StoreFixture, "nothing new at the tip is answered from memory, also after reopening") {
  ShardKey shard = create("orders")->shards[0].key;
  REQUIRE(put(shard, numbered(1, 5)));
  open();
  auto tip = store->try_read({shard, {6}, 10, 1000});
  REQUIRE(tip.has_value());
  CHECK((*tip)->slices.empty());
  CHECK((*tip)->end == Position{5});
}

TEST_CASE_METHOD(StoreFixture, "the tail drops the oldest chunks first and never shows a hole") {
  StoreOptions small = options();
  small.tail_bytes = 4096;
  open(small);
  StreamRef stream = create("orders", 2);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(put(stream->shards[0].key, {{"k", std::string(200, 'x')}}));
    REQUIRE(put(stream->shards[1].key, {{"k", std::string(300, 'y')}}));
  }
  CHECK_FALSE(store->try_read({stream->shards[0].key, {1}, 1, 1000}).has_value());
  CHECK(store->try_read({stream->shards[0].key, {20}, 1, 1000}).has_value());
  CHECK(read_all(stream->shards[0].key).size() == 20);

  REQUIRE(put(stream->shards[0].key, {{"k", std::string(5000, 'z')}}));  // larger than the whole tail
  CHECK_FALSE(store->try_read({stream->shards[0].key, {20}, 5, 100'000}).has_value());
  CHECK(read_all(stream->shards[0].key).size() == 21);
}

TEST_CASE_METHOD(StoreFixture, "a transaction is there whole or not at all") {
  StreamRef stream = create("orders", 2);
  Transaction bad;
  bad.appends.push_back(append_of(stream->shards[0].key, numbered(1, 3)));
  bad.appends.push_back(append_of(ShardKey{999}, numbered(1, 3)));
  Result<Committed> refused = commit(bad);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::shard_closed);
  CHECK(read_all(stream->shards[0].key).empty());
  CHECK(bad.appends[0].body.size() > 0);  // still the caller's

  bad.appends.pop_back();
  REQUIRE(commit(bad));
  CHECK(read_all(stream->shards[0].key) == numbered(1, 3));
}

TEST_CASE_METHOD(StoreFixture, "an append that is not in chunk format is refused") {
  ShardKey shard = create("orders")->shards[0].key;
  Transaction transaction;
  transaction.appends.push_back(append_of(shard, numbered(1, 3)));
  transaction.appends[0].count = 4;
  CHECK(commit(transaction).error().code == Errc::invalid);
  transaction.appends[0].count = 2;
  CHECK(commit(transaction).error().code == Errc::invalid);
  transaction.appends[0].count = 0;
  CHECK(commit(transaction).error().code == Errc::invalid);
  transaction.appends[0].count = 3;
  CHECK(commit(transaction));
}

TEST_CASE_METHOD(StoreFixture, "find gives the first record that arrived at or after a time") {
  ShardKey shard = create("orders")->shards[0].key;
  WallTime start = clock.now();
  for (int i = 0; i < 10; ++i) {
    REQUIRE(put(shard, numbered(i * 5, 5)));
    clock.advance(std::chrono::seconds(10));
  }
  for (bool from_disk : {false, true}) {
    if (from_disk) open();
    CAPTURE(from_disk);
    CHECK(find_time(shard, {0}) == Position{1});
    CHECK(find_time(shard, start) == Position{1});
    CHECK(find_time(shard, {start.ms + 1}) == Position{6});
    CHECK(find_time(shard, {start.ms + 10'000}) == Position{6});
    CHECK(find_time(shard, {start.ms + 90'000}) == Position{46});
    CHECK(find_time(shard, {start.ms + 90'001}) == Position{51});
  }
}

}  // namespace shardmill::test
