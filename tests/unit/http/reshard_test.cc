#include "http/kinesis/reshard.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

using namespace shardmill;                 // NOLINT: test
using namespace shardmill::http::kinesis;  // NOLINT: test

namespace {

// Applies steps to shards as a store does, and checks what a store checks.
class Shards {
 public:
  explicit Shards(std::vector<HashRange> ranges) {
    for (const HashRange& range : ranges) open_[next_++] = range;
  }

  [[nodiscard]] StreamInfo stream() const {
    StreamInfo stream;
    for (std::uint32_t i = 0; i < next_; ++i) {
      ShardInfo shard;
      shard.number = ShardNumber{i};
      auto at = open_.find(i);
      if (at == open_.end()) {
        shard.closed_at = Position{0};
      } else {
        shard.range = at->second;
      }
      stream.shards.push_back(shard);
    }
    std::map<HashKey, std::uint32_t> by_hash;
    for (const auto& [number, range] : open_) by_hash[range.first] = number;
    for (const auto& [first, number] : by_hash) stream.open_by_hash.push_back(number);
    return stream;
  }

  void apply(const std::vector<ReshardStep>& steps) {
    for (const ReshardStep& step : steps) {
      if (const auto* split = std::get_if<SplitAt>(&step)) {
        HashRange range = take(split->shard);
        REQUIRE(split->second_starts > range.first);
        REQUIRE(split->second_starts <= range.last);
        open_[next_++] = {range.first, split->second_starts - 1};
        open_[next_++] = {split->second_starts, range.last};
      } else {
        const auto& merge = std::get<MergeOf>(step);
        HashRange first = take(merge.first);
        HashRange second = take(merge.second);
        REQUIRE(first.last + 1 == second.first);
        open_[next_++] = {first.first, second.last};
      }
    }
  }

  // Even sizes, tiling all of the key space.
  void check_uniform(std::uint32_t count) const {
    REQUIRE(open_.size() == count);
    std::map<HashKey, HashKey> ranges;
    for (const auto& [number, range] : open_) ranges[range.first] = range.last;
    HashKey expected = 0;
    HashKey width = kMaxHashKey / count;
    for (const auto& [first, last] : ranges) {
      REQUIRE(first == expected);
      HashKey size = last - first;
      REQUIRE(size >= width - 1);
      if (size > width) REQUIRE(size - width <= count);
      expected = last + 1;
    }
    REQUIRE(expected == 0);  // wrapped: the last range ends at the highest key
  }

 private:
  HashRange take(ShardNumber shard) {
    auto at = open_.find(static_cast<std::uint32_t>(shard));
    REQUIRE(at != open_.end());
    HashRange range = at->second;
    open_.erase(at);
    return range;
  }

  std::map<std::uint32_t, HashRange> open_;
  std::uint32_t next_ = 0;
};

Shards one_shard() {
  return Shards({{0, kMaxHashKey}});
}

}  // namespace

TEST_CASE("Doubling splits each shard once and halving merges each pair once") {
  Shards shards = one_shard();
  shards.apply(plan_uniform(shards.stream(), 2));
  shards.check_uniform(2);
  auto doubling = plan_uniform(shards.stream(), 4);
  CHECK(doubling.size() == 2);
  shards.apply(doubling);
  shards.check_uniform(4);
  auto halving = plan_uniform(shards.stream(), 2);
  CHECK(halving.size() == 2);
  shards.apply(halving);
  shards.check_uniform(2);
}

TEST_CASE("A stream that has the count evenly already is left alone") {
  auto count = GENERATE(1u, 2u, 3u, 7u, 64u, 10'000u);
  Shards shards = one_shard();
  shards.apply(plan_uniform(shards.stream(), count));
  shards.check_uniform(count);
  CHECK(plan_uniform(shards.stream(), count).empty());
}

TEST_CASE("Any count follows from any other, in even ranges") {
  Shards shards = one_shard();
  std::mt19937 random(20261121);
  for (int round = 0; round < 200; ++round) {
    auto count = static_cast<std::uint32_t>(1 + random() % 60);
    INFO("round " << round << ", to " << count);
    shards.apply(plan_uniform(shards.stream(), count));
    shards.check_uniform(count);
  }
}

TEST_CASE("Shards split by hand at odd places become even too") {
  Shards shards({{0, 1}, {2, 999}, {1000, kMaxHashKey - 5}, {kMaxHashKey - 4, kMaxHashKey}});
  shards.apply(plan_uniform(shards.stream(), 3));
  shards.check_uniform(3);
}
