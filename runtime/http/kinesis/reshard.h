// Splitting and merging: the plan for a new shard count, and carrying steps out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/streams.h"
#include "api/task.h"
#include "http/kinesis/api.h"
#include "http/kinesis/errors.h"

namespace shardmill::http::kinesis {

using ReshardStep = std::variant<SplitAt, MergeOf>;

// The splits and merges, in order, after which `target` open shards of even size tile the key space. Shards that
// already fit are left alone. Later steps name shards that earlier ones make. Pure.
[[nodiscard]] std::vector<ReshardStep> plan_uniform(const StreamInfo& stream, std::uint32_t target);

// Does the steps; the answer is empty.
Task<Outcome<std::string>> reshard(Api& api, StreamRef stream, std::vector<ReshardStep> steps);

[[nodiscard]] std::unexpected<ApiError> shard_is_closed(const Api& api, std::string_view stream, ShardNumber shard);

}  // namespace shardmill::http::kinesis
