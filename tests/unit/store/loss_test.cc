#include "store/db.h"
#include "store_fixture.h"

namespace shardmill::test {
namespace {

// A store whose database is replaced by an older copy of itself, as after a lost log.
class LossFixture : public StoreFixture {
 public:
  void keep_copy() {
    close();
    std::filesystem::copy_file(database(), folder.path() / "copy",
                               std::filesystem::copy_options::overwrite_existing);
    open();
  }
  void put_copy_back() {
    close();
    std::filesystem::remove(database().string() + "-wal");
    std::filesystem::remove(database().string() + "-shm");
    std::filesystem::copy_file(folder.path() / "copy", database(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::filesystem::path database() { return folder.path() / "data/store.db"; }

  Result<std::uint64_t> accept_loss(const std::string& stream, std::uint32_t shard) {
    return wait_for<Result<std::uint64_t>>(
        [&](auto done) { store->accept_loss(stream, ShardNumber{shard}, std::move(done)); });
  }
};

}  // namespace

TEST_CASE_METHOD(LossFixture, "a shard that misses acknowledged records is refused until the loss is accepted") {
  StreamRef stream = create("orders", 2);
  ShardKey hurt = stream->shards[0].key;
  ShardKey whole = stream->shards[1].key;
  REQUIRE(put(hurt, numbered(1, 100)));
  REQUIRE(put(whole, numbered(1, 5)));
  keep_copy();
  REQUIRE(put(hurt, numbered(101, 12)));
  put_copy_back();
  std::vector<std::string> notices;
  StoreOptions watched = options();
  watched.on_notice = [&](const std::string& text) { notices.push_back(text); };
  open(watched);

  REQUIRE(notices.size() == 1);
  CHECK(
      notices[0].find("stream orders, shardId-000000000000: 12 acknowledged records are missing, positions 101 to "
                      "112") == 0);
  CHECK(read(hurt, 1).error().code == Errc::corrupt);
  CHECK(store->try_read({hurt, {1}, 1, 1}).value().error().code == Errc::corrupt);
  CHECK(put(hurt, numbered(1, 1)).error().code == Errc::corrupt);
  CHECK(read_all(whole) == numbered(1, 5));
  CHECK(put(whole, numbered(6, 1)));
  open(watched);
  CHECK(read(hurt, 1).error().code == Errc::corrupt);

  CHECK(accept_loss("orders", 1).error().code == Errc::invalid);
  CHECK(accept_loss("orders", 0).value() == 12);
  for (bool reopened : {false, true}) {
    if (reopened) open();
    CAPTURE(reopened);
    CHECK(read_all(hurt).size() == (reopened ? 103 : 100));
    CHECK(read(hurt, 101)->next == Position{reopened ? 116U : 113U});
    CHECK(put(hurt, numbered(201, 3))->firsts[0] == Position{reopened ? 116U : 113U});
  }
  open();
  CHECK(read_all(hurt).size() == 106);
  CHECK(read_all(hurt, 105) == read_all(hurt, 113));
}

TEST_CASE_METHOD(LossFixture, "lost changes of the catalogue keep the store closed until they are accepted") {
  create("orders");
  keep_copy();
  StreamRef lost = create("events", 3);
  REQUIRE(put(lost->shards[0].key, numbered(1, 5)));
  put_copy_back();
  Result<std::unique_ptr<Store>> refused = Store::open(options());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::corrupt);
  CHECK(refused.error().text.find("the last 1 acknowledged changes") != std::string::npos);

  StoreOptions accepting = options();
  accepting.accept_catalogue_loss = true;
  open(accepting);
  open();
  StreamRef again = create("events", 3);
  CHECK(again->shards[0].key == lost->shards[0].key);  // the key is free again, its old mark must be gone
  open();
  CHECK(put(again->shards[0].key, numbered(1, 1)));
}

TEST_CASE_METHOD(LossFixture, "without marks a lost tail still shows by what was settled and closed") {
  StreamRef stream = create("orders", 2);
  ShardKey shard = stream->shards[0].key;
  REQUIRE(put(shard, numbered(1, 10)));
  TriggerKey trigger = open_trigger({"f", stream->id, StartingPosition::trim_horizon, {}})->key;
  REQUIRE(settle(trigger, shard, 10));
  close();
  std::filesystem::remove(folder.path() / "data/marks");
  {
    Result<store::Database> db = store::Database::open(database(), store::Database::Mode::write, "");
    REQUIRE(db);
    REQUIRE(db->run("DELETE FROM chunks WHERE shard=" + std::to_string(std::to_underlying(shard))));
  }
  std::vector<std::string> notices;
  StoreOptions watched = options();
  watched.on_notice = [&](const std::string& text) { notices.push_back(text); };
  open(watched);
  REQUIRE(notices.size() == 2);  // the marks were made anew
  CHECK(notices[1].find("10 acknowledged records are missing, positions 1 to 10") != std::string::npos);
  CHECK(read(shard, 1).error().code == Errc::corrupt);
}

// The first start lost its power when the file of marks had its size and nothing else.
TEST_CASE_METHOD(LossFixture, "a file of marks that is all zeros does not keep the store closed") {
  ShardKey shard = create("orders")->shards[0].key;
  REQUIRE(put(shard, numbered(1, 3)));
  close();
  std::ofstream(folder.path() / "data/marks", std::ios::binary) << std::string(1 << 20, '\0');
  std::vector<std::string> notices;
  StoreOptions watched = options();
  watched.on_notice = [&](const std::string& text) { notices.push_back(text); };
  open(watched);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("the file of marks was not there") == 0);
  CHECK(read_all(shard) == numbered(1, 3));
}

}  // namespace shardmill::test
