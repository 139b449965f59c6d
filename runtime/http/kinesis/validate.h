// Checks a parsed request against an operation's shape, in AWS's order and words: first the JSON type of everything,
// then all constraints together.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "http/kinesis/errors.h"
#include "http/kinesis/shape.h"

namespace shardmill::http::kinesis {

// Members that the shape does not know are ignored. Null counts as absent.
[[nodiscard]] std::optional<ApiError> validate(const nlohmann::json& request, std::span<const Member> shape);

// Whether the whole text has the form.
[[nodiscard]] bool matches(Pattern pattern, std::string_view text);

// The length of a Java String: characters beyond U+FFFF count two.
[[nodiscard]] std::size_t utf16_length(std::string_view text);

}  // namespace shardmill::http::kinesis
