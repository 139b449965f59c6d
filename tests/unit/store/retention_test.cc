#include <thread>

#include "store/db.h"
#include "store_fixture.h"

namespace shardmill::test {
namespace {

using std::chrono::hours;

class RetentionFixture : public StoreFixture {
 public:
  Result<void> sweep() {
    return wait_for<Result<void>>([&](auto done) { store->sweep(std::move(done)); });
  }
  // Rows of the closed store.
  std::int64_t count(const std::string& table) {
    close();
    auto db = store::Database::open(folder.path() / "data/store.db", store::Database::Mode::write, "");
    auto rows = db->integer("SELECT count(*) FROM " + table);
    REQUIRE(rows);
    std::int64_t found = rows->value();
    db = fail(Errc::internal, "closed");
    open();
    return found;
  }
};

}  // namespace

TEST_CASE_METHOD(RetentionFixture, "records go when they are older than the retention, and positions go on") {
  ShardKey shard = create("orders")->shards[0].key;
  REQUIRE(put(shard, numbered(1, 10)));
  clock.advance(hours(20));
  REQUIRE(put(shard, numbered(11, 10)));
  REQUIRE(sweep());
  CHECK(read_all(shard).size() == 20);
  clock.advance(hours(5));
  REQUIRE(sweep());
  for (bool reopened : {false, true}) {
    if (reopened) open();
    CAPTURE(reopened);
    CHECK(store->bounds(shard)->horizon == Position{11});
    CHECK(read_all(shard) == numbered(11, 10));
    CHECK(read(shard, 1, 3)->next == Position{14});
    CHECK(find_time(shard, {0}) == Position{11});
  }
  clock.advance(hours(24));
  REQUIRE(sweep());
  for (bool reopened : {false, true}) {
    if (reopened) open();
    CAPTURE(reopened);
    CHECK(store->bounds(shard)->horizon == Position{21});
    CHECK(store->bounds(shard)->end == Position{20});
    CHECK(read(shard, 1)->next == Position{21});
    CHECK(find_time(shard, {0}) == Position{21});
  }
  REQUIRE(put(shard, numbered(21, 2))->firsts[0] == Position{21});
  open();
  CHECK(read_all(shard) == numbered(21, 2));
}

TEST_CASE_METHOD(RetentionFixture, "a longer retention keeps records longer") {
  ShardKey shard = create("orders")->shards[0].key;
  REQUIRE(change("orders", {.retention_hours = 48, .mode = {}, .enforce_limits = {}, .tags = {}}));
  REQUIRE(put(shard, numbered(1, 10)));
  clock.advance(hours(40));
  REQUIRE(sweep());
  CHECK(read_all(shard).size() == 10);
  REQUIRE(change("orders", {.retention_hours = 24, .mode = {}, .enforce_limits = {}, .tags = {}}));
  REQUIRE(sweep());
  CHECK(read_all(shard).empty());
}

TEST_CASE_METHOD(RetentionFixture, "a closed shard leaves with its checkpoints when its last record has expired") {
  StreamRef stream = create("orders");
  ShardKey parent = stream->shards[0].key;
  REQUIRE(put(parent, numbered(1, 10)));
  TriggerKey trigger = open_trigger({"f", stream->id, StartingPosition::trim_horizon, {}})->key;
  REQUIRE(settle(trigger, parent, 10));
  clock.advance(hours(10));
  REQUIRE(reshard("orders", {SplitAt{ShardNumber{0}, 17}}));
  clock.advance(hours(20));
  REQUIRE(sweep());
  CHECK(store->find("orders")->shards.size() == 3);
  CHECK(read(parent, 1)->shard_ended);
  clock.advance(hours(5));
  int woken = 0;
  auto heard = store->on_change([&](const std::string&) { ++woken; });
  REQUIRE(sweep());
  heard.reset();
  CHECK(woken == 1);
  for (bool reopened : {false, true}) {
    if (reopened) open();
    REQUIRE(store->find("orders")->shards.size() == 2);
    CHECK(store->find("orders")->shards[0].number == ShardNumber{1});
    CHECK(store->bounds(parent).error().code == Errc::not_found);
    CHECK(open_trigger({"f", stream->id, StartingPosition::latest, {}})->checkpoints.count(parent) == 0);
  }
  CHECK(settle(trigger, parent, 10).error().code == Errc::not_found);
}

TEST_CASE_METHOD(RetentionFixture, "everything of a removed stream is swept, in steps, while others write") {
  StreamRef big = create("big", 50);
  ShardKey other = create("other")->shards[0].key;
  for (const ShardInfo& shard : big->shards) {
    for (int i = 0; i < 4; ++i) REQUIRE(put(shard.key, {{"k", std::string(100'000, 'x')}}));
  }
  REQUIRE(put(other, numbered(1, 5)));
  REQUIRE(remove("big"));
  REQUIRE(put(other, numbered(6, 5)));
  REQUIRE(sweep());
  CHECK(read_all(other) == numbered(1, 10));
  CHECK(count("chunks") == 2);
  CHECK(count("garbage") == 0);
  CHECK(count("shards") == 1);
}

TEST_CASE_METHOD(RetentionFixture, "what a crash left half swept is swept after the next start") {
  StreamRef big = create("big", 3);
  REQUIRE(put(big->shards[1].key, numbered(1, 100)));
  REQUIRE(remove("big"));
  open();
  REQUIRE(sweep());
  CHECK(count("chunks") == 0);
}

TEST_CASE_METHOD(RetentionFixture, "space of removed records is used again") {
  ShardKey shard = create("orders")->shards[0].key;
  std::uintmax_t after_first = 0;
  for (int day = 0; day < 6; ++day) {
    for (int i = 0; i < 30; ++i) REQUIRE(put(shard, {{"k", std::string(200'000, 'x')}}));
    clock.advance(hours(25));
    REQUIRE(sweep());
    open();
    if (day == 0) after_first = std::filesystem::file_size(folder.path() / "data/store.db");
  }
  CHECK(std::filesystem::file_size(folder.path() / "data/store.db") < after_first * 3 / 2);
}

TEST_CASE_METHOD(RetentionFixture, "readers that run while retention removes see no error and no hole") {
  StoreOptions small = options();
  small.tail_bytes = 1000;
  open(small);
  ShardKey shard = create("orders")->shards[0].key;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::string wrong;  // guarded by mutex
  auto note = [&](const std::string& text) {
    std::lock_guard lock(mutex);
    wrong += text + "\n";
  };
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      while (!stop) {
        Result<ReadResult> result = read(shard, 1, 50);
        if (!result) {
          note(result.error().text);
          continue;
        }
        Position expected = result->slices.empty() ? Position{} : result->slices[0].first;
        for (const ChunkSlice& slice : result->slices) {
          if (slice.first != expected) note("a hole before " + std::to_string(slice.first.value));
          expected = slice.last().plus(1);
        }
        Result<Position> found = find_time(shard, clock.now());
        if (!found) note(found.error().text);
      }
    });
  }
  for (int i = 0; i < 150; ++i) {
    REQUIRE(put(shard, numbered(i * 3, 3)));
    clock.advance(hours(1));
    REQUIRE(sweep());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == "");
}

TEST_CASE_METHOD(RetentionFixture, "a damaged list of deleted shards does not delete a living one") {
  ShardKey shard = create("orders")->shards[0].key;
  REQUIRE(put(shard, numbered(1, 10)));
  close();
  {
    auto db = store::Database::open(folder.path() / "data/store.db", store::Database::Mode::write, "");
    REQUIRE(db);
    REQUIRE(db->run("INSERT INTO garbage VALUES(" + std::to_string(std::to_underlying(shard)) + ")"));
  }
  std::vector<std::string> notices;
  StoreOptions watched = options();
  watched.on_notice = [&](const std::string& text) { notices.push_back(text); };
  open(watched);
  REQUIRE(sweep());
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("stream orders, shardId-000000000000 is listed as deleted and is not") == 0);
  open();
  CHECK(read_all(shard) == numbered(1, 10));
  CHECK(count("garbage") == 0);
}

}  // namespace shardmill::test
