// The errors of the Kinesis API as clients see them, and the one way they get onto the wire.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "http/message.h"

namespace shardmill::http::kinesis {

enum class ErrorType {
  access_denied,           // not a POST, foreign page, unknown key, bad signature
  expired_iterator,        // a shard iterator older than five minutes
  expired_next_token,      // a ListShards or ListStreams token older than five minutes
  internal_failure,        // the store could not do it; worth trying again
  invalid_argument,        // well-formed, but wrong for this stream or shard
  limit_exceeded,          // more shards, tags or scaling than allowed
  provisioned_throughput,  // a shard's rate, on streams that enforce it
  resource_in_use,         // exists already, or is being changed
  resource_not_found,      // no such stream or shard
  serialization,           // not JSON, or a member of the wrong type
  unknown_operation,       // no such operation
  validation,              // a constraint of the operation's shape
};

struct ApiError {
  ErrorType type;
  std::string message;  // empty: the answer has the type only
};

template <class T>
using Outcome = std::expected<T, ApiError>;

[[nodiscard]] inline std::unexpected<ApiError> error(ErrorType type, std::string message) {
  return std::unexpected(ApiError{type, std::move(message)});
}

[[nodiscard]] std::string_view wire_name(ErrorType type);
[[nodiscard]] Response to_response(const ApiError& error);

// A failure of the store that no rule of the API foresees: InternalFailure, with what can be done about it.
[[nodiscard]] std::unexpected<ApiError> store_error(const Error& error);

inline constexpr std::string_view kContentType = "application/x-amz-json-1.1";

}  // namespace shardmill::http::kinesis
