#include <algorithm>

#include <fmt/format.h>

#include "http/kinesis/cursor.h"
#include "http/kinesis/describe.h"
#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/shard_filter.h"

namespace shardmill::http::kinesis::list_shards {
namespace {

constexpr std::int32_t kDefaultLimit = 1000;

constexpr Member kFilterMembers[] = {
    {.name = "Type", .required = true, .one_of = kShardFilterNames},
    shard_id("ShardId", false),
    timestamp("Timestamp"),
};

constexpr Member kShape[] = {
    integer("MaxResults", {1, 10000}),
    shard_id("ExclusiveStartShardId", false),
    stream_name(),
    next_token(),
    timestamp("StreamCreationTimestamp"),
    {.name = "ShardFilter", .type = Type::structure, .members = kFilterMembers},
    stream_arn(),
};

struct Listing {
  StreamRef stream;
  ShardFilter filter;
  std::optional<ShardNumber> after;
};

Outcome<Listing> continued(const Api& api, const Input& input, const std::string& token) {
  for (std::string_view other :
       {"StreamName", "StreamARN", "ExclusiveStartShardId", "StreamCreationTimestamp", "ShardFilter"}) {
    if (input.has(other)) {
      return error(ErrorType::invalid_argument,
                   fmt::format("NextToken and {} cannot be provided together.", other));
    }
  }
  std::optional<ShardPage> page = open_shard_page(api.seal, token);
  if (!page) return error(ErrorType::invalid_argument, "Invalid NextToken.");
  if (api.clock.now().ms - page->created.ms > kTokenLifeMs) {
    return error(ErrorType::expired_next_token, "The NextToken has expired.");
  }
  Outcome<StreamRef> stream = find_stream(api, page->stream_name);
  if (!stream) return std::unexpected(stream.error());
  if ((*stream)->id != page->stream) return stream_missing(api, page->stream_name);
  return Listing{*stream, {static_cast<ShardFilterType>(page->filter), page->filter_time}, page->after};
}

// Where the list starts, from ExclusiveStartShardId or the filter's own shard, whichever comes later.
Outcome<std::optional<ShardNumber>> start_of(const Api& api, const Input& input, const StreamInfo& stream) {
  std::vector<std::string> ids;
  if (auto id = input.text("ExclusiveStartShardId")) ids.push_back(*id);
  std::optional<Input> filter = input.structure("ShardFilter");
  if (filter && filter->must_text("Type") == "AFTER_SHARD_ID") {
    auto id = filter->text("ShardId");
    if (!id) {
      return error(ErrorType::invalid_argument, "ShardFilter of type AFTER_SHARD_ID requires a ShardId.");
    }
    ids.push_back(*id);
  }
  std::optional<ShardNumber> after;
  for (const std::string& id : ids) {
    std::optional<ShardNumber> number = shard_number(id);
    if (!number) return shard_not_found(api, stream.name, id);
    after = std::max(after, number);
  }
  return after;
}

Outcome<ShardFilter> filter_of(const Input& input) {
  std::optional<Input> given = input.structure("ShardFilter");
  if (!given) return ShardFilter{};
  ShardFilter filter;
  auto name = std::ranges::find(kShardFilterNames, given->must_text("Type"));
  filter.type = static_cast<ShardFilterType>(name - std::begin(kShardFilterNames));
  std::optional<WallTime> time = given->time("Timestamp");
  if (needs_time(filter.type) && !time) {
    return error(ErrorType::invalid_argument, fmt::format("ShardFilter of type {} requires a Timestamp.", *name));
  }
  filter.time = time.value_or(WallTime{});
  return filter;
}

Outcome<Listing> fresh(const Api& api, const Input& input) {
  if (!input.has("StreamName") && !input.has("StreamARN")) {
    return error(ErrorType::invalid_argument, "Either NextToken or StreamName should be provided.");
  }
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) return std::unexpected(stream.error());
  Outcome<ShardFilter> filter = filter_of(input);
  if (!filter) return std::unexpected(filter.error());
  Outcome<std::optional<ShardNumber>> after = start_of(api, input, **stream);
  if (!after) return std::unexpected(after.error());
  return Listing{*stream, *filter, *after};
}

Task<Answer> act(Api& api, Input input) {
  std::optional<std::string> token = input.text("NextToken");
  Outcome<Listing> listing = token ? continued(api, input, *token) : fresh(api, input);
  if (!listing) co_return std::unexpected(listing.error());
  const StreamInfo& stream = *listing->stream;
  WallTime now = api.clock.now();
  std::int32_t left = input.integer("MaxResults").value_or(kDefaultLimit);
  const ShardInfo* last = nullptr;

  JsonWriter json;
  json.begin_object().key("Shards").begin_array();
  for (const ShardInfo& shard : stream.shards) {
    if ((listing->after && shard.number <= *listing->after) || !passes(listing->filter, stream, shard, now))
      continue;
    if (left-- == 0) break;
    write_shard(json, shard);
    last = &shard;
  }
  json.end_array();
  if (left < 0) {
    json.member("NextToken", seal(api.seal, ShardPage{stream.id, last->number, now,
                                                      static_cast<std::uint8_t>(listing->filter.type),
                                                      listing->filter.time, stream.name}));
  }
  json.end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "ListShards", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::list_shards
