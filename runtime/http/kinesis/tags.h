// The rules of stream tags, and the one that switches a stream's limits on.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/task.h"
#include "http/kinesis/api.h"
#include "http/kinesis/errors.h"

namespace shardmill::http::kinesis {

using Tags = std::map<std::string, std::string>;

// A stream with this tag set to "true" enforces AWS's shard limits.
inline constexpr std::string_view kEnforceLimitsTag = "shardmill:enforce-limits";
[[nodiscard]] bool enforces_limits(const Tags& tags);

inline constexpr std::size_t kMostTags = 50;

// Whether the texts (keys, values) have only characters that tags may have; `action` is "add tags to" or "remove tags
// from", for the message.
[[nodiscard]] std::optional<ApiError> check_tag_texts(const Api& api, const std::vector<std::string>& texts,
                                                      std::string_view stream, std::string_view action);
// The same for keys and values, and their number.
[[nodiscard]] std::optional<ApiError> check_new_tags(const Api& api, const Tags& added, const Tags& existing,
                                                     std::string_view stream);

// Adds to the tags of a stream, one change at a time.
Task<Outcome<std::string>> add_tags(Api& api, StreamRef stream, Tags added);
Task<Outcome<std::string>> remove_tags(Api& api, StreamRef stream, std::vector<std::string> keys);

}  // namespace shardmill::http::kinesis
