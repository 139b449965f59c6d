#include <sys/wait.h>

#include "store/db.h"
#include "store/schema.h"
#include "store_fixture.h"

namespace shardmill::test {
namespace {

Error refusal(StoreOptions options) {
  Result<std::unique_ptr<Store>> store = Store::open(std::move(options));
  REQUIRE_FALSE(store);
  return store.error();
}

store::Database database(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  auto db = store::Database::open(folder / "store.db", store::Database::Mode::write, "");
  REQUIRE(db);
  REQUIRE(store::add_row_crc(*db));
  return std::move(*db);
}

}  // namespace

TEST_CASE_METHOD(StoreFixture, "a folder in use is refused with the process that has it") {
  Error error = refusal(options());
  CHECK(error.code == Errc::in_use);
  CHECK(error.text.find((folder.path() / "data").string() + " is in use by process " +
                        std::to_string(::getpid())) != std::string::npos);
  close();
  open();
}

TEST_CASE("a folder that cannot be made or written is refused in one sentence") {
  TempFolder folder;
  ManualClock clock;
  std::ofstream(folder.path() / "file") << "x";
  Error error = refusal({.folder = folder.path() / "file" / "data", .clock = clock});
  CHECK(error.code == Errc::io);
  CHECK(error.text.find("data directory " + (folder.path() / "file/data").string() + ": cannot create it") == 0);
}

TEST_CASE("a store of version 1 is brought up to date with all that is in it") {
  TempFolder folder;
  ManualClock clock;
  {
    store::Database db = database(folder.path());
    REQUIRE(store::migrate(db, 1));
    CHECK(db.integer("PRAGMA user_version").value() == 1);
    REQUIRE(db.run(R"(
      INSERT INTO streams VALUES(4, 'orders', 1, 1690000000000, 48, 2, 1,
                                 row_crc(4, 'orders', 1, 1690000000000, 48, 2, 1));
      INSERT INTO shards VALUES(9, 4, 1, zeroblob(16), x'ffffffffffffffffffffffffffffffff', 1690000000000000,
        NULL, NULL, NULL, NULL, 1, 0,
        row_crc(9, 4, 1, zeroblob(16), x'ffffffffffffffffffffffffffffffff', 1690000000000000,
                NULL, NULL, NULL, NULL, 1, 0));
      UPDATE meta SET value=5, row_check=row_crc(name, 5) WHERE name='next_stream';
      UPDATE meta SET value=10, row_check=row_crc(name, 10) WHERE name='next_shard';
      UPDATE meta SET value=1, row_check=row_crc(name, 1) WHERE name='streams';
    )"));
  }
  auto opened = Store::open({.folder = folder.path(), .clock = clock});
  REQUIRE(opened);
  StreamRef stream = (*opened)->find("orders");
  REQUIRE(stream != nullptr);
  CHECK(stream->id == StreamId{4});
  CHECK(stream->mode == StreamMode::on_demand);
  CHECK(stream->retention_hours == 48);
  CHECK_FALSE(stream->enforce_limits);
  CHECK(stream->tags.empty());
  REQUIRE(stream->shards.size() == 1);
  CHECK(stream->shards[0].key == ShardKey{9});
  CHECK(stream->shards[0].range == HashRange{});
  opened = fail(Errc::internal, "closed");
  store::Database db = database(folder.path());
  CHECK(db.integer("PRAGMA user_version").value() == store::migrations().back().version);
}

TEST_CASE_METHOD(StoreFixture, "a store of a newer version is refused with what was found and what is known") {
  close();
  database(folder.path() / "data").run("PRAGMA user_version=99").value();
  Error error = refusal(options());
  CHECK(error.code == Errc::invalid);
  CHECK(error.text.find("the store has schema version 99, this shardmill knows versions up to 2") !=
        std::string::npos);
}

TEST_CASE_METHOD(StoreFixture, "a file that is no database is refused as such") {
  close();
  std::ofstream(folder.path() / "data/store.db") << std::string(8192, 'x');
  Error error = refusal(options());
  CHECK(error.code == Errc::corrupt);
  CHECK(error.text.find("file is not a database") != std::string::npos);
}

TEST_CASE_METHOD(StoreFixture, "10,000 shards are made, written, read and reopened") {
  StreamRef stream = create("wide", 10'000);
  REQUIRE(stream->shards.size() == 10'000);
  Transaction transaction;
  for (const ShardInfo& shard : stream->shards) transaction.appends.push_back(append_of(shard.key, numbered(1, 1)));
  REQUIRE(commit(transaction));
  std::vector<std::unique_ptr<Interface>> waiting;
  std::atomic<int> woken = 0;
  for (const ShardInfo& shard : stream->shards) {
    waiting.push_back(store->wake_when_after(shard.key, {1}, [&] { ++woken; }));
  }
  CHECK(woken == 0);
  waiting.clear();
  REQUIRE(open_trigger({"f", stream->id, StartingPosition::latest, {}})->checkpoints.size() == 10'000);
  open();
  CHECK(store->find("wide")->open_by_hash.size() == 10'000);
  CHECK(read_all(stream->shards[9'999].key) == numbered(1, 1));
  CHECK(open_trigger({"f", stream->id, StartingPosition::latest, {}})->checkpoints.size() == 10'000);
  REQUIRE(remove("wide"));
}

}  // namespace shardmill::test
