#include "store_fixture.h"

namespace shardmill::test {
namespace {

// The open shards' ranges, put together: true if they cover every key once.
bool tiles(const StreamInfo& stream) {
  HashKey next = 0;
  for (std::size_t i = 0; i < stream.open_by_hash.size(); ++i) {
    const HashRange& range = stream.shards[stream.open_by_hash[i]].range;
    if (range.first != next || range.last < range.first) return false;
    next = range.last + 1;
  }
  return next == 0;
}

}  // namespace

TEST_CASE_METHOD(StoreFixture, "a stream is made once, found by name, and gone after it was removed") {
  StreamRef made = create("orders", 3);
  CHECK(made->shards.size() == 3);
  CHECK(tiles(*made));
  CHECK(store->find("orders") == made);
  CHECK(store->find("other") == nullptr);
  CHECK(try_create("orders").error().code == Errc::exists);
  create("events");
  REQUIRE(store->list().size() == 2);
  CHECK(store->list()[0]->name == "events");

  REQUIRE(remove("orders"));
  CHECK(store->find("orders") == nullptr);
  CHECK(remove("orders").error().code == Errc::not_found);
  CHECK(store->bounds(made->shards[0].key).error().code == Errc::not_found);
  CHECK(put(made->shards[0].key, numbered(1, 1)).error().code == Errc::shard_closed);

  StreamRef again = create("orders");
  CHECK(again->id != made->id);
  CHECK(again->shards[0].key != made->shards[0].key);
  open();
  CHECK(store->list().size() == 2);
  CHECK(store->find("orders")->id == again->id);
}

TEST_CASE_METHOD(StoreFixture, "shard counts out of range are refused") {
  CHECK(try_create("a", 0).error().code == Errc::limit_exceeded);
  CHECK(try_create("a", 10'001).error().code == Errc::limit_exceeded);
  CHECK(store->list().empty());
}

TEST_CASE_METHOD(StoreFixture, "settings of a stream change one by one and stay changed") {
  create("orders");
  REQUIRE(change("orders", {.retention_hours = 48, .mode = {}, .enforce_limits = {}, .tags = {}}));
  REQUIRE(change("orders", {.retention_hours = {},
                            .mode = StreamMode::on_demand,
                            .enforce_limits = true,
                            .tags = std::map<std::string, std::string>{{"team", "a"}, {"env", "test"}}}));
  for (bool reopened : {false, true}) {
    if (reopened) open();
    StreamRef stream = store->find("orders");
    CHECK(stream->retention_hours == 48);
    CHECK(stream->mode == StreamMode::on_demand);
    CHECK(stream->enforce_limits);
    CHECK(stream->tags.size() == 2);
    CHECK(stream->tags.at("team") == "a");
  }
  CHECK(change("other", {}).error().code == Errc::not_found);
}

TEST_CASE_METHOD(StoreFixture, "listeners hear of every change until their handle is gone") {
  std::vector<std::string> heard;
  auto handle = store->on_change([&](const std::string& name) { heard.push_back(name); });
  create("orders");
  REQUIRE(change("orders", {}));
  REQUIRE(remove("orders"));
  CHECK(heard == std::vector<std::string>{"orders", "orders", "orders"});
  handle.reset();
  create("events");
  CHECK(heard.size() == 3);
}

TEST_CASE_METHOD(StoreFixture, "a split closes the parent at its end and its children tile its range") {
  StreamRef before = create("orders", 2);
  ShardKey parent = before->shards[0].key;
  REQUIRE(put(parent, numbered(1, 7)));
  HashRange range = before->shards[0].range;
  auto after = reshard("orders", {SplitAt{ShardNumber{0}, range.first + 5}});
  REQUIRE(after);
  const StreamInfo& stream = **after;
  CHECK(tiles(stream));
  REQUIRE(stream.shards.size() == 4);
  CHECK(stream.shards[0].closed_at == Position{7});
  CHECK(stream.shards[2].parent == ShardNumber{0});
  CHECK_FALSE(stream.shards[2].adjacent_parent);
  CHECK(stream.shards[2].range == HashRange{range.first, range.first + 4});
  CHECK(stream.shards[3].range == HashRange{range.first + 5, range.last});
  CHECK(sequence_number(stream.shards[2].prefix, {1}) > sequence_number(stream.shards[0].prefix, {1'000'000}));

  CHECK(put(parent, numbered(8, 1)).error().code == Errc::shard_closed);
  Result<ReadResult> rest = read(parent, 5);
  REQUIRE(rest);
  CHECK(rest->slices.size() == 1);
  CHECK(rest->shard_ended);
  CHECK(read(parent, 1, 3)->shard_ended == false);
  open();
  CHECK(store->find("orders")->shards[0].closed_at == Position{7});
  CHECK(store->bounds(parent)->closed);
  CHECK(read(parent, 5)->shard_ended);
  CHECK(put(stream.shards[2].key, numbered(1, 1)));
}

TEST_CASE_METHOD(StoreFixture, "a merge joins two ranges that touch, in either order") {
  create("orders", 3);
  CHECK(reshard("orders", {MergeOf{ShardNumber{0}, ShardNumber{2}}}).error().code == Errc::invalid);
  auto after = reshard("orders", {MergeOf{ShardNumber{1}, ShardNumber{0}}});
  REQUIRE(after);
  CHECK(tiles(**after));
  const ShardInfo& child = (*after)->shards[3];
  CHECK(child.parent == ShardNumber{1});
  CHECK(child.adjacent_parent == ShardNumber{0});
  CHECK((*after)->shards[0].closed_at == Position{0});
  CHECK(reshard("orders", {MergeOf{ShardNumber{1}, ShardNumber{2}}}).error().code == Errc::in_use);
}

TEST_CASE_METHOD(StoreFixture, "many steps are one change, and later ones may name what earlier ones made") {
  create("orders", 1);
  HashKey half = HashKey{1} << 127;
  auto after = reshard("orders", {SplitAt{ShardNumber{0}, half}, SplitAt{ShardNumber{1}, half / 2},
                                  MergeOf{ShardNumber{4}, ShardNumber{2}}});
  REQUIRE(after);
  CHECK(tiles(**after));
  CHECK((*after)->open_by_hash.size() == 2);
  for (int bad = 0; bad < 2; ++bad) {
    SplitAt last = bad == 0 ? SplitAt{ShardNumber{99}, half} : SplitAt{ShardNumber{3}, 0};
    CHECK_FALSE(reshard("orders", {SplitAt{ShardNumber{5}, half}, last}));
    CHECK(store->find("orders")->open_by_hash.size() == 2);
  }
  open();
  CHECK(tiles(*store->find("orders")));
  REQUIRE(reshard("orders", {SplitAt{ShardNumber{3}, 77}}));
  CHECK(store->find("orders")->shards.back().number == ShardNumber{7});
}

TEST_CASE_METHOD(StoreFixture, "every key is routed to the open shard that owns it") {
  StreamRef stream = create("orders", 7);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    HashKey key = hash_of(std::to_string(i));
    const ShardInfo& shard = stream->route(key);
    CHECK((shard.range.first <= key && key <= shard.range.last));
  }
}

}  // namespace shardmill::test
