#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/store_calls.h"
#include "http/kinesis/tags.h"

namespace shardmill::http::kinesis::create_stream {
namespace {

constexpr std::uint32_t kOnDemandShards = 4;

constexpr Member kShape[] = {
    integer("ShardCount", {.min = 1}),
    stream_name("StreamName", true),
    stream_mode_details(false),
    tag_map(false),
    integer("WarmThroughputMiBps", {.min = 0}),
    integer("MaxRecordSizeInKiB", {.min = 1024, .max = 10240}),
};

// A stream without a shard count is on-demand; one that is on-demand always starts with four shards.
Outcome<NewStream> stream_of(const Api& api, const Input& input) {
  NewStream stream;
  stream.retention_hours = api.settings.retention_hours;
  stream.name = input.must_text("StreamName");
  stream.tags = input.text_map("Tags");
  std::optional<std::int32_t> count = input.integer("ShardCount");
  std::optional<Input> details = input.structure("StreamModeDetails");
  bool on_demand = details ? details->must_text("StreamMode") == "ON_DEMAND" : !count;
  stream.mode = on_demand ? StreamMode::on_demand : StreamMode::provisioned;
  if (!on_demand && !count) {
    return error(ErrorType::validation,
                 "1 validation error detected: Value null at 'shardCount' failed to satisfy "
                 "constraint: Member must not be null");
  }
  stream.shards = on_demand ? kOnDemandShards : static_cast<std::uint32_t>(*count);
  return stream;
}

std::unexpected<ApiError> exists(const Api& api, const std::string& name) {
  return error(ErrorType::resource_in_use,
               fmt::format("Stream {} under account {} already exists.", name, api.settings.account));
}

std::optional<ApiError> check(const Api& api, const NewStream& stream) {
  if (api.catalogue.find(stream.name) != nullptr) return exists(api, stream.name).error();
  if (auto problem = over_shard_limit(api, stream.shards)) return problem;
  if (stream.shards > api.settings.shards_per_stream) {
    return ApiError{ErrorType::limit_exceeded, fmt::format("A stream has at most {} shards; {} were asked for.",
                                                           api.settings.shards_per_stream, stream.shards)};
  }
  return check_new_tags(api, stream.tags, {}, stream.name);
}

Task<Answer> act(Api& api, Input input) {
  Outcome<NewStream> stream = stream_of(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  if (auto problem = check(api, *stream)) co_return std::unexpected(*problem);
  std::string name = stream->name;
  bool enforce = enforces_limits(stream->tags);
  auto created = co_await create_stream_in(api, std::move(*stream));
  if (!created && created.error().code == Errc::exists) co_return exists(api, name);
  if (!created) co_return store_error(created.error());
  if (!enforce) co_return std::string();
  StreamChange change;
  change.enforce_limits = true;
  auto changed = co_await change_stream_in(api, name, std::move(change));
  if (!changed) co_return store_error(changed.error());
  co_return std::string();
}

}  // namespace

const Operation kOperation{.name = "CreateStream", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::create_stream
