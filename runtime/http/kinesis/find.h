// From the names in a request to streams and shards, with AWS's words for those that are not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/streams.h"
#include "http/kinesis/api.h"
#include "http/kinesis/errors.h"
#include "http/kinesis/input.h"

namespace shardmill::http::kinesis {

// The name that StreamName, StreamARN or both give.
[[nodiscard]] Outcome<std::string> stream_name_in(const Api& api, const Input& input);
// The stream of StreamName, StreamARN or both.
[[nodiscard]] Outcome<StreamRef> stream_in(const Api& api, const Input& input);
// The stream named by a ResourceARN.
[[nodiscard]] Outcome<StreamRef> resource_in(const Api& api, const Input& input);
// By name alone.
[[nodiscard]] Outcome<StreamRef> find_stream(const Api& api, std::string_view name);

// A shard id as AWS reads it: the digits after the first '-', or all of it; nothing if that is no shard number.
[[nodiscard]] std::optional<ShardNumber> shard_number(std::string_view id);

[[nodiscard]] std::unexpected<ApiError> stream_missing(const Api& api, std::string_view stream);
[[nodiscard]] std::unexpected<ApiError> shard_missing(const Api& api, std::string_view stream, ShardNumber shard);
[[nodiscard]] std::unexpected<ApiError> shard_not_found(const Api& api, std::string_view stream,
                                                        std::string_view id);
// "shardId-... in stream NAME under account A", as it stands in many messages.
[[nodiscard]] std::string shard_phrase(const Api& api, std::string_view stream, ShardNumber shard);
// For a change that another one got in the way of.
[[nodiscard]] std::unexpected<ApiError> stream_is_updating(const Api& api, std::string_view stream);
// For changes of shards that on-demand streams don't take.
[[nodiscard]] std::unexpected<ApiError> stream_is_on_demand(const Api& api, std::string_view stream);
// For what a stream that enforces its limits was asked to do too often.
[[nodiscard]] std::unexpected<ApiError> stream_rate_exceeded(const Api& api, std::string_view stream);
// For more shards than all streams together may have; `more` is what the request would add.
[[nodiscard]] std::optional<ApiError> over_shard_limit(const Api& api, std::uint32_t more);
[[nodiscard]] std::uint64_t open_shards(const Api& api);

}  // namespace shardmill::http::kinesis
