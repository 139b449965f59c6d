#include "http/kinesis/find.h"
#include "http/kinesis/json_writer.h"
#include "http/kinesis/operations.h"

namespace shardmill::http::kinesis::describe_limits {
namespace {

Task<Answer> act(Api& api, Input) {
  std::int64_t on_demand = 0;
  for (const StreamRef& stream : api.catalogue.list()) on_demand += stream->mode == StreamMode::on_demand ? 1 : 0;
  JsonWriter json;
  json.begin_object()
      .member("ShardLimit", api.settings.shard_limit)
      .member("OpenShardCount", static_cast<std::int64_t>(open_shards(api)))
      .member("OnDemandStreamCount", on_demand)
      .member("OnDemandStreamCountLimit", api.settings.on_demand_streams)
      .end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "DescribeLimits", .shape = {}, .act = act};

}  // namespace shardmill::http::kinesis::describe_limits
