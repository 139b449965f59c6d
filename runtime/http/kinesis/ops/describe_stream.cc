#include "http/kinesis/describe.h"
#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"

namespace shardmill::http::kinesis::describe_stream {
namespace {

constexpr std::int32_t kDefaultLimit = 100;

constexpr Member kShape[] = {
    integer("Limit", {1, 10000}),
    shard_id("ExclusiveStartShardId", false),
    stream_name(),
    stream_arn(),
};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> found = stream_in(api, input);
  if (!found) co_return std::unexpected(found.error());
  const StreamInfo& stream = **found;
  auto shard = stream.shards.begin();
  if (std::optional<std::string> start = input.text("ExclusiveStartShardId")) {
    std::optional<ShardNumber> after = shard_number(*start);
    if (!after) co_return shard_not_found(api, stream.name, *start);
    while (shard != stream.shards.end() && shard->number <= *after) ++shard;
  }
  JsonWriter json;
  json.begin_object().key("StreamDescription").begin_object();
  write_identity(json, api, stream);
  write_configuration(json, stream);
  json.key("Shards").begin_array();
  for (std::int32_t left = input.integer("Limit").value_or(kDefaultLimit); left > 0 && shard != stream.shards.end();
       --left, ++shard) {
    write_shard(json, *shard);
  }
  json.end_array().member("HasMoreShards", shard != stream.shards.end()).end_object().end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "DescribeStream", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::describe_stream
