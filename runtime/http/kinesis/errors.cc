#include "http/kinesis/errors.h"

#include <fmt/format.h>

#include "http/kinesis/json_writer.h"

namespace shardmill::http::kinesis {

std::string_view wire_name(ErrorType type) {
  switch (type) {
    case ErrorType::access_denied:
      return "AccessDeniedException";
    case ErrorType::expired_iterator:
      return "ExpiredIteratorException";
    case ErrorType::expired_next_token:
      return "ExpiredNextTokenException";
    case ErrorType::internal_failure:
      return "InternalFailure";
    case ErrorType::invalid_argument:
      return "InvalidArgumentException";
    case ErrorType::limit_exceeded:
      return "LimitExceededException";
    case ErrorType::provisioned_throughput:
      return "ProvisionedThroughputExceededException";
    case ErrorType::resource_in_use:
      return "ResourceInUseException";
    case ErrorType::resource_not_found:
      return "ResourceNotFoundException";
    case ErrorType::serialization:
      return "SerializationException";
    case ErrorType::unknown_operation:
      return "UnknownOperationException";
    case ErrorType::validation:
      return "ValidationException";
  }
  return "InternalFailure";
}

Response to_response(const ApiError& error) {
  JsonWriter json;
  json.begin_object().member("__type", wire_name(error.type));
  // AWS spells this one member differently for this one type.
  bool capital = error.type == ErrorType::serialization;
  if (!error.message.empty()) json.member(capital ? "Message" : "message", error.message);
  json.end_object();
  return {.status = error.type == ErrorType::internal_failure ? 500 : 400,
          .content_type = std::string(kContentType),
          .headers = {},
          .body = json.take()};
}

std::unexpected<ApiError> store_error(const Error& failure) {
  switch (failure.code) {
    case Errc::full:
      return error(ErrorType::internal_failure, fmt::format("The store is full: {}", failure.text));
    case Errc::unavailable:
      return error(ErrorType::internal_failure, fmt::format("The store takes no more writes: {}", failure.text));
    case Errc::cancelled:
      return error(ErrorType::internal_failure, "The runtime is stopping.");
    default:
      return error(ErrorType::internal_failure, failure.text);
  }
}

}  // namespace shardmill::http::kinesis
