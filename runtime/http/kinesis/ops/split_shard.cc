#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/reshard.h"

namespace shardmill::http::kinesis::split_shard {
namespace {

constexpr Member kShape[] = {
    hash_key("NewStartingHashKey", true),
    stream_name(),
    shard_id("ShardToSplit", true),
    stream_arn(),
};

std::optional<ApiError> check_key(const Api& api, const StreamInfo& stream, const ShardInfo& shard,
                                  const std::string& text) {
  std::optional<HashKey> key = parse_hash_key(text);
  if (key && *key > shard.range.first && *key - shard.range.first > 1 && *key < shard.range.last)
    return std::nullopt;
  return ApiError{
      ErrorType::invalid_argument,
      fmt::format("NewStartingHashKey {} used in SplitShard() on shard {} is not both greater than one plus "
                  "the shard's StartingHashKey {} and less than the shard's EndingHashKey {}.",
                  text, shard_phrase(api, stream.name, shard.number), to_decimal(shard.range.first),
                  to_decimal(shard.range.last))};
}

Task<Answer> act(Api& api, Input input) {
  Outcome<std::string> name = stream_name_in(api, input);
  if (!name) co_return std::unexpected(name.error());
  std::string id = input.must_text("ShardToSplit");
  std::optional<ShardNumber> number = shard_number(id);
  if (!number) co_return shard_not_found(api, *name, id);
  Outcome<StreamRef> stream = find_stream(api, *name);
  if (!stream) co_return std::unexpected(stream.error());
  const ShardInfo* shard = (*stream)->shard(*number);
  if (shard == nullptr) co_return shard_not_found(api, *name, shard_id(*number));
  if ((*stream)->mode == StreamMode::on_demand) co_return stream_is_on_demand(api, *name);
  if (auto problem = over_shard_limit(api, 1)) co_return std::unexpected(*problem);
  std::string key = input.must_text("NewStartingHashKey");
  if (auto problem = check_key(api, **stream, *shard, key)) co_return std::unexpected(*problem);
  if (!shard->is_open()) co_return shard_is_closed(api, *name, *number);
  co_return co_await reshard(api, *stream, std::vector<ReshardStep>(1, SplitAt{*number, *parse_hash_key(key)}));
}

}  // namespace

const Operation kOperation{.name = "SplitShard", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::split_shard
