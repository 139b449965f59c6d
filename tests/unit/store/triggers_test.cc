#include "store_fixture.h"

namespace shardmill::test {

TEST_CASE_METHOD(StoreFixture,
                 "a trigger begins where its starting position says, and finds its checkpoints again") {
  StreamRef stream = create("orders", 2);
  ShardKey closed = stream->shards[0].key;
  ShardKey open_one = stream->shards[1].key;
  REQUIRE(put(closed, numbered(1, 4)));
  REQUIRE(put(open_one, numbered(1, 6)));
  clock.advance(std::chrono::seconds(1));
  WallTime middle = clock.now();
  REQUIRE(put(open_one, numbered(7, 3)));
  REQUIRE(reshard("orders", {SplitAt{ShardNumber{0}, stream->shards[0].range.first + 1}}));

  TriggerState all = *open_trigger({"all", stream->id, StartingPosition::trim_horizon, {}});
  CHECK(all.checkpoints.size() == 4);
  for (const auto& [shard, position] : all.checkpoints) CHECK(position == Position{0});

  TriggerState latest = *open_trigger({"latest", stream->id, StartingPosition::latest, {}});
  CHECK(latest.checkpoints.at(closed) == Position{4});
  CHECK(latest.checkpoints.at(open_one) == Position{9});

  TriggerState since = *open_trigger({"since", stream->id, StartingPosition::at_timestamp, middle});
  CHECK(since.checkpoints.at(closed) == Position{4});
  CHECK(since.checkpoints.at(open_one) == Position{6});

  REQUIRE(settle(latest.key, open_one, 9));
  REQUIRE(settle(all.key, open_one, 5));
  open();
  TriggerState again = *open_trigger({"all", stream->id, StartingPosition::latest, {}});
  CHECK(again.key == all.key);
  CHECK(again.checkpoints.at(open_one) == Position{5});
  CHECK(again.checkpoints.at(closed) == Position{0});
  CHECK(open_trigger({"all", StreamId{99}, StartingPosition::latest, {}}).error().code == Errc::not_found);
}

TEST_CASE_METHOD(StoreFixture, "a checkpoint never moves back, nor past the end of its shard") {
  StreamRef stream = create("orders");
  ShardKey shard = stream->shards[0].key;
  REQUIRE(put(shard, numbered(1, 10)));
  TriggerKey trigger = open_trigger({"f", stream->id, StartingPosition::trim_horizon, {}})->key;
  REQUIRE(settle(trigger, shard, 5));
  REQUIRE(settle(trigger, shard, 5));
  CHECK(settle(trigger, shard, 4).error().code == Errc::invalid);
  CHECK(settle(trigger, shard, 11).error().code == Errc::invalid);
  CHECK(settle(TriggerKey{99}, shard, 6).error().code == Errc::not_found);
  CHECK(settle(trigger, ShardKey{99}, 6).error().code == Errc::not_found);
  REQUIRE(settle(trigger, shard, 6));
  open();
  CHECK(open_trigger({"f", stream->id, StartingPosition::latest, {}})->checkpoints.at(shard) == Position{6});
}

TEST_CASE_METHOD(StoreFixture, "outputs and checkpoint of a settle are refused together") {
  StreamRef in = create("in");
  StreamRef out = create("out");
  REQUIRE(put(in->shards[0].key, numbered(1, 10)));
  TriggerKey trigger = open_trigger({"f", in->id, StartingPosition::trim_horizon, {}})->key;
  REQUIRE(settle(trigger, in->shards[0].key, 5));
  Transaction late;
  late.appends.push_back(append_of(out->shards[0].key, numbered(1, 1)));
  late.checkpoints.push_back({trigger, in->shards[0].key, {3}});
  CHECK(commit(late).error().code == Errc::invalid);
  CHECK(read_all(out->shards[0].key).empty());
  late.checkpoints[0].position = {6};
  REQUIRE(commit(late));
  CHECK(read_all(out->shards[0].key) == numbered(1, 1));
}

TEST_CASE_METHOD(StoreFixture, "a removed stream takes its triggers with it") {
  StreamRef stream = create("orders");
  REQUIRE(put(stream->shards[0].key, numbered(1, 2)));
  TriggerKey trigger = open_trigger({"f", stream->id, StartingPosition::trim_horizon, {}})->key;
  REQUIRE(remove("orders"));
  CHECK(settle(trigger, stream->shards[0].key, 1).error().code == Errc::not_found);
  StreamRef again = create("orders");
  CHECK(open_trigger({"f", again->id, StartingPosition::trim_horizon, {}})->key != trigger);
}

}  // namespace shardmill::test
