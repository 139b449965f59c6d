#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/json_writer.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/reshard.h"

namespace shardmill::http::kinesis::update_shard_count {
namespace {

constexpr std::string_view kScalingTypes[] = {"UNIFORM_SCALING"};

constexpr Member kShape[] = {
    {.name = "ScalingType", .required = true, .one_of = kScalingTypes},
    stream_name(),
    integer("TargetShardCount", {1, 100000}, true),
    stream_arn(),
};

std::optional<ApiError> check(const Api& api, std::uint32_t current, std::uint32_t target) {
  std::string counts = fmt::format("Current open shard count: {}, Target shard count: {}", current, target);
  auto refused = [&](std::string why) {
    return ApiError{ErrorType::limit_exceeded, std::move(why) + " " + counts};
  };
  if (target > api.settings.shards_per_stream) {
    return refused(fmt::format("Target shard count or number of open shards cannot be greater than {}.",
                               api.settings.shards_per_stream));
  }
  if (target > current * 2) {
    return refused("UpdateShardCount cannot scale up over double your current open shard count.");
  }
  if (target * 2 < current) {
    return refused("UpdateShardCount cannot scale down below half your current open shard count.");
  }
  return target > current ? over_shard_limit(api, target - current) : std::nullopt;
}

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  const StreamInfo& info = **stream;
  if (info.mode == StreamMode::on_demand) co_return stream_is_on_demand(api, info.name);
  auto target = static_cast<std::uint32_t>(input.integer("TargetShardCount").value_or(1));
  auto current = static_cast<std::uint32_t>(info.open_by_hash.size());
  if (auto problem = check(api, current, target)) co_return std::unexpected(*problem);
  std::vector<ReshardStep> steps = plan_uniform(info, target);
  if (!steps.empty()) {
    if (info.enforce_limits && !api.scalings.admit(info.id)) co_return stream_rate_exceeded(api, info.name);
    Answer done = co_await reshard(api, *stream, std::move(steps));
    if (!done) co_return done;
  }
  JsonWriter json;
  json.begin_object()
      .member("StreamName", info.name)
      .member("CurrentShardCount", current)
      .member("TargetShardCount", target)
      .member("StreamARN", api.arn_of(info.name))
      .end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "UpdateShardCount", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::update_shard_count
