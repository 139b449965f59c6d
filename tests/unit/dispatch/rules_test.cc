// The rules of dispatch as functions of their inputs.
#include <catch2/catch.hpp>

#include "dispatch/asio_time.h"
#include "dispatch/batching.h"
#include "dispatch/expiry.h"
#include "dispatch/request_id.h"
#include "dispatch/retry.h"
#include "dispatch/shard_order.h"
#include "dispatch/slices.h"

using namespace shardmill;
using namespace shardmill::dispatch;
using namespace std::chrono_literals;

namespace {

StreamTrigger batches(std::uint32_t size, std::chrono::seconds window) {
  StreamTrigger trigger;
  trigger.batch_size = size;
  trigger.batching_window = window;
  return trigger;
}

const SteadyTime kBegan{1000s};

ShardInfo shard(std::uint32_t number, std::vector<std::uint32_t> parents = {},
                std::optional<std::uint64_t> closed_at = {}) {
  ShardInfo info;
  info.number = ShardNumber{number};
  if (!parents.empty()) info.parent = ShardNumber{parents[0]};
  if (parents.size() > 1) info.adjacent_parent = ShardNumber{parents[1]};
  if (closed_at) info.closed_at = Position{*closed_at};
  return info;
}

std::vector<std::uint32_t> numbers_to_start(const StreamInfo& stream, const std::set<ShardNumber>& finished) {
  std::vector<std::uint32_t> numbers;
  for (std::size_t i : startable(stream, finished)) {
    numbers.push_back(static_cast<std::uint32_t>(stream.shards[i].number));
  }
  return numbers;
}

using Numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("nothing is sent when there is nothing, however long the window is over") {
  BatchDecision decision = decide(batches(10, 5s), {0, 0, true}, kBegan, kBegan + 1h);
  CHECK_FALSE(decision.send);
  CHECK_FALSE(decision.until);
}

TEST_CASE("without a window the first record is sent at once") {
  CHECK(decide(batches(10, 0s), {1, 1, true}, kBegan, kBegan).send);
}

TEST_CASE("with a window a batch waits until the window is over, counted from the previous invocation's end") {
  BatchDecision early = decide(batches(10, 5s), {9, 90, true}, kBegan, kBegan + 4999ms);
  CHECK_FALSE(early.send);
  CHECK(early.until == kBegan + 5s);
  CHECK(decide(batches(10, 5s), {9, 90, true}, kBegan, kBegan + 5s).send);
}

TEST_CASE("a full batch does not wait for the window") {
  CHECK(decide(batches(10, 300s), {10, 100, true}, kBegan, kBegan).send);
  CHECK(decide(batches(10'000, 300s), {7, kMaxBatchBytes, true}, kBegan, kBegan).send);
  CHECK_FALSE(decide(batches(10'000, 300s), {7, kMaxBatchBytes - 1, true}, kBegan, kBegan).send);
}

TEST_CASE("the rule: the rest of a closed shard does not wait for the window") {
  CHECK(decide(batches(10, 300s), {1, 1, false}, kBegan, kBegan).send);
}

TEST_CASE("retries back off from 0.5-1 s, doubling up to 30-60 s") {
  constexpr std::uint64_t kLeast = 0;
  std::vector<std::int64_t> longest_ms = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
  for (std::uint32_t failures = 1; failures <= longest_ms.size(); ++failures) {
    std::int64_t longest = longest_ms[failures - 1];
    auto half = static_cast<std::uint64_t>(longest / 2);
    CHECK(retry_delay(kBatchBackoff, failures, kLeast).count() == longest / 2);
    CHECK(retry_delay(kBatchBackoff, failures, half).count() == longest);
    CHECK(retry_delay(kBatchBackoff, failures, half + 1).count() == longest / 2);
  }
  CHECK(retry_delay(kBatchBackoff, 4'000'000'000, kLeast) == 30s);
}

TEST_CASE("the jitter spreads evenly between half and all of the delay") {
  SeededRandom random(20'250'101);
  std::int64_t sum = 0;
  constexpr int kDraws = 10'000;
  for (int i = 0; i < kDraws; ++i) {
    auto delay = retry_delay(kBatchBackoff, 1, random.next()).count();
    REQUIRE(delay >= 500);
    REQUIRE(delay <= 1000);
    sum += delay;
  }
  CHECK(sum / kDraws > 735);
  CHECK(sum / kDraws < 765);
}

TEST_CASE("records before the horizon are skipped and counted") {
  CHECK(skip_expired(Position{5}, Position{5}).expired == 0);
  CHECK(skip_expired(Position{5}, Position{1}).next == Position{5});
  CHECK(skip_expired(Position{5}, Position{9}).next == Position{9});
  CHECK(skip_expired(Position{5}, Position{9}).expired == 4);
}

TEST_CASE("shards without parents start at once") {
  StreamInfo stream;
  stream.shards = {shard(0), shard(1)};
  CHECK(numbers_to_start(stream, {}) == Numbers{0, 1});
  CHECK(numbers_to_start(stream, {ShardNumber{0}}) == Numbers{1});
}

TEST_CASE("the children of a split start when the parent is finished") {
  StreamInfo stream;
  stream.shards = {shard(0, {}, 7), shard(1, {0}), shard(2, {0})};
  CHECK(numbers_to_start(stream, {}) == Numbers{0});
  CHECK(numbers_to_start(stream, {ShardNumber{0}}) == Numbers{1, 2});
}

TEST_CASE("the child of a merge waits for both parents") {
  StreamInfo stream;
  stream.shards = {shard(0, {}, 7), shard(1, {}, 7), shard(2, {0, 1})};
  CHECK(numbers_to_start(stream, {ShardNumber{0}}) == Numbers{1});
  CHECK(numbers_to_start(stream, {ShardNumber{1}}) == Numbers{0});
  CHECK(numbers_to_start(stream, {ShardNumber{0}, ShardNumber{1}}) == Numbers{2});
}

TEST_CASE("a grandchild waits although its parent never had a record") {
  StreamInfo stream;
  stream.shards = {shard(0, {}, 7), shard(1, {0}, 0), shard(2, {1})};
  CHECK(numbers_to_start(stream, {}) == Numbers{0});
  CHECK(numbers_to_start(stream, {ShardNumber{1}}) == Numbers{0});
  CHECK(numbers_to_start(stream, {ShardNumber{0}}) == Numbers{1});
  CHECK(numbers_to_start(stream, {ShardNumber{0}, ShardNumber{1}}) == Numbers{2});
}

TEST_CASE("a parent that retention has removed counts as finished") {
  StreamInfo stream;
  stream.shards = {shard(3, {1, 2})};
  CHECK(numbers_to_start(stream, {}) == Numbers{3});
}

TEST_CASE("a shard is finished when it is closed and settled to its end") {
  CHECK_FALSE(is_finished(shard(0), Position{7}));
  CHECK_FALSE(is_finished(shard(0, {}, 7), Position{6}));
  CHECK(is_finished(shard(0, {}, 7), Position{7}));
  CHECK(is_finished(shard(0, {}, 0), Position{0}));
}

TEST_CASE("slices are summed and cut by positions") {
  ChunkBuilder builder;
  for (std::string_view data : {"one", "two", "three"}) builder.add("k", as_bytes(data));
  auto chunk = std::make_shared<Chunk>(Chunk{Position{5}, builder.count(), WallTime{}, builder.take()});
  std::vector<ChunkSlice> all = {{chunk, Position{5}, 3, chunk->body.bytes()}};
  CHECK(record_count(all) == 3);
  CHECK(payload_bytes(all) == 3 + 3 + 3 + 5);
  CHECK(kept_bytes(all) == chunk->body.size());
  std::vector<ChunkSlice> twice = {all[0], all[0]};
  CHECK(kept_bytes(twice) == chunk->body.size());

  std::vector<ChunkSlice> slices = all;
  cut_after(slices, Position{7});
  CHECK(slices[0].count == 3);
  cut_after(slices, Position{6});
  CHECK(slices[0].last() == Position{6});
  CHECK(payload_bytes(slices) == 2 + 3 + 3);
  cut_after(slices, Position{4});
  CHECK(slices.empty());
}

TEST_CASE("request ids are random UUIDs of version 4") {
  SeededRandom random(7);
  std::string one = new_request_id(random);
  std::string other = new_request_id(random);
  CHECK(one != other);
  REQUIRE(one.size() == 36);
  for (std::size_t at : {8U, 13U, 18U, 23U}) CHECK(one[at] == '-');
  CHECK(one[14] == '4');
  CHECK(std::string("89ab").find(one[19]) != std::string::npos);
  CHECK(one.find_first_not_of("0123456789abcdef-") == std::string::npos);
}

TEST_CASE("an idempotency key names the shard and the first and last sequence number") {
  SequencePrefix prefix = sequence_prefix(1'700'000'000'000'000, ShardNumber{3}, StreamId{9});
  CHECK(idempotency_key(ShardNumber{3}, prefix, Position{5}, Position{12}) ==
        "shardId-000000000003:" + sequence_number(prefix, Position{5}) + "-" +
            sequence_number(prefix, Position{12}));
}
