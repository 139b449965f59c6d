#include <array>

#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/reshard.h"

namespace shardmill::http::kinesis::merge_shards {
namespace {

constexpr Member kShape[] = {
    shard_id("ShardToMerge", true),
    shard_id("AdjacentShardToMerge", true),
    stream_name(),
    stream_arn(),
};

// AWS wants the shard with the lower range first.
bool is_adjacent(const ShardInfo& first, const ShardInfo& second) {
  return first.range.last != kMaxHashKey && first.range.last + 1 == second.range.first;
}

Task<Answer> act(Api& api, Input input) {
  Outcome<std::string> name = stream_name_in(api, input);
  if (!name) co_return std::unexpected(name.error());
  std::array<ShardNumber, 2> numbers{};
  for (std::size_t i = 0; i < 2; ++i) {
    std::string id = input.must_text(i == 0 ? "ShardToMerge" : "AdjacentShardToMerge");
    std::optional<ShardNumber> number = shard_number(id);
    if (!number) co_return shard_not_found(api, *name, id);
    numbers[i] = *number;
  }
  Outcome<StreamRef> stream = find_stream(api, *name);
  if (!stream) co_return std::unexpected(stream.error());
  std::array<const ShardInfo*, 2> shards{};
  for (std::size_t i = 0; i < 2; ++i) {
    shards[i] = (*stream)->shard(numbers[i]);
    if (shards[i] == nullptr) co_return shard_not_found(api, *name, shard_id(numbers[i]));
  }
  if ((*stream)->mode == StreamMode::on_demand) co_return stream_is_on_demand(api, *name);
  if (!is_adjacent(*shards[0], *shards[1])) {
    co_return error(ErrorType::invalid_argument,
                    fmt::format("Shards {} and {} in stream {} under account {} are not an adjacent pair of shards "
                                "eligible for merging",
                                shard_id(numbers[0]), shard_id(numbers[1]), *name, api.settings.account));
  }
  for (const ShardInfo* shard : shards) {
    if (!shard->is_open()) co_return shard_is_closed(api, *name, shard->number);
  }
  co_return co_await reshard(api, *stream, std::vector<ReshardStep>(1, MergeOf{numbers[0], numbers[1]}));
}

}  // namespace

const Operation kOperation{.name = "MergeShards", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::merge_shards
