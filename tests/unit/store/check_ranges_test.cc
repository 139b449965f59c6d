#include "store/check_ranges.h"

#include <catch2/catch.hpp>

namespace shardmill::test {
namespace {

constexpr HashKey kMiddle = HashKey{1} << 127;

// A shard; with `closed` one that is closed.
ShardInfo shard(std::uint32_t number, HashRange range, bool closed = false) {
  ShardInfo info;
  info.number = ShardNumber{number};
  info.range = range;
  if (closed) info.closed_at = Position{};
  return info;
}

ShardInfo child(ShardInfo info, std::uint32_t parent) {
  info.parent = ShardNumber{parent};
  return info;
}

}  // namespace

TEST_CASE("shards that tile the keys and come of closed parents break no rule") {
  ShardInfo parent = shard(0, {}, true);
  ShardInfo low = child(shard(1, {0, kMiddle - 1}), 0);
  ShardInfo high = child(shard(2, {kMiddle, kMaxHashKey}), 0);
  CHECK(store::range_complaints({parent, low, high}).empty());
  CHECK(store::range_complaints({low, high}).empty());  // retention has taken the parent
}

TEST_CASE("each broken rule between shards is one sentence that names them") {
  ShardInfo low = shard(1, {0, kMiddle - 1});
  ShardInfo high = shard(2, {kMiddle, kMaxHashKey});
  auto only = [](const std::vector<ShardInfo>& shards) {
    std::vector<std::string> complaints = store::range_complaints(shards);
    REQUIRE(complaints.size() == 1);
    return complaints[0];
  };
  CHECK(only({high}).find("shardId-000000000002 begins at key") == 0);
  CHECK(only({low}) == "the open shards do not reach to the last key");
  CHECK(only({low, shard(2, {kMiddle + 1, kMaxHashKey})}).find("shardId-000000000002 begins at key") == 0);
  CHECK(only({child(low, 5), high}) ==
        "shardId-000000000001 has shardId-000000000005 as its parent, which is younger");
  CHECK(only({shard(0, {kMiddle, kMaxHashKey}, true), child(low, 0), high}) ==
        "shardId-000000000000 is the parent of shardId-000000000001 and had other keys");
  CHECK(only({low, child(high, 1)}) == "shardId-000000000001 is the parent of shardId-000000000002 and is open");
}

}  // namespace shardmill::test
