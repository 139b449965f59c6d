#include "http/kinesis/find.h"

#include <charconv>

#include <fmt/format.h>

namespace shardmill::http::kinesis {
namespace {

// Of "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME", whose form has been checked.
struct ArnParts {
  std::string_view region;
  std::string_view account;
  std::string_view stream;  // empty if the ARN names something else, such as a consumer
};

ArnParts parse_arn(std::string_view arn) {
  std::array<std::string_view, 5> parts;
  for (std::string_view& part : parts) {
    std::size_t colon = arn.find(':');
    part = arn.substr(0, colon);
    arn.remove_prefix(colon == std::string_view::npos ? arn.size() : colon + 1);
  }
  ArnParts out{parts[3], parts[4], {}};
  if (arn.starts_with("stream/") && arn.find('/', 7) == std::string_view::npos) out.stream = arn.substr(7);
  return out;
}

Outcome<std::string> name_from_arn(const Api& api, const std::string& arn) {
  ArnParts parts = parse_arn(arn);
  if (parts.account != api.settings.account || parts.region != api.settings.region) {
    return error(ErrorType::resource_not_found,
                 fmt::format("Stream {} under account {} not found. This runtime serves region {} of account {}.",
                             parts.stream, parts.account, api.settings.region, api.settings.account));
  }
  if (parts.stream.empty()) {
    return error(ErrorType::resource_not_found, fmt::format("Resource {} not found.", arn));
  }
  return std::string(parts.stream);
}

}  // namespace

Outcome<std::string> stream_name_in(const Api& api, const Input& input) {
  std::optional<std::string> name = input.text("StreamName");
  std::optional<std::string> arn = input.text("StreamARN");
  if (!arn) {
    if (name) return *name;
    return error(ErrorType::validation,
                 "1 validation error detected: Value null at 'streamName' failed to satisfy "
                 "constraint: Member must not be null");
  }
  Outcome<std::string> named = name_from_arn(api, *arn);
  if (named && name && *name != *named) {
    return error(ErrorType::invalid_argument,
                 fmt::format("StreamName {} and StreamARN {} do not name the same stream.", *name, *arn));
  }
  return named;
}

Outcome<StreamRef> find_stream(const Api& api, std::string_view name) {
  StreamRef stream = api.catalogue.find(name);
  if (stream == nullptr) return stream_missing(api, name);
  return stream;
}

Outcome<StreamRef> stream_in(const Api& api, const Input& input) {
  Outcome<std::string> name = stream_name_in(api, input);
  if (!name) return std::unexpected(name.error());
  return find_stream(api, *name);
}

Outcome<StreamRef> resource_in(const Api& api, const Input& input) {
  Outcome<std::string> name = name_from_arn(api, input.must_text("ResourceARN"));
  if (!name) return std::unexpected(name.error());
  return find_stream(api, *name);
}

std::optional<ShardNumber> shard_number(std::string_view id) {
  std::size_t dash = id.find('-');
  std::string_view digits = id;
  if (dash != std::string_view::npos) {
    digits = id.substr(dash + 1, id.find('-', dash + 1) - dash - 1);
    if (digits.empty()) digits = id;
  }
  std::uint64_t number = 0;
  auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc() || end != digits.data() + digits.size() || number > 2'147'483'647) return std::nullopt;
  return ShardNumber{static_cast<std::uint32_t>(number)};
}

std::string shard_phrase(const Api& api, std::string_view stream, ShardNumber shard) {
  return fmt::format("{} in stream {} under account {}", shard_id(shard), stream, api.settings.account);
}

std::unexpected<ApiError> stream_missing(const Api& api, std::string_view stream) {
  return error(ErrorType::resource_not_found,
               fmt::format("Stream {} under account {} not found.", stream, api.settings.account));
}

std::unexpected<ApiError> shard_missing(const Api& api, std::string_view stream, ShardNumber shard) {
  return error(ErrorType::resource_not_found,
               fmt::format("Shard {} does not exist", shard_phrase(api, stream, shard)));
}

std::unexpected<ApiError> shard_not_found(const Api& api, std::string_view stream, std::string_view id) {
  return error(ErrorType::resource_not_found, fmt::format("Could not find shard {} in stream {} under account {}.",
                                                          id, stream, api.settings.account));
}

std::unexpected<ApiError> stream_is_updating(const Api& api, std::string_view stream) {
  return error(ErrorType::resource_in_use,
               fmt::format("Stream {} under account {} not ACTIVE, instead in state UPDATING", stream,
                           api.settings.account));
}

std::unexpected<ApiError> stream_is_on_demand(const Api& api, std::string_view stream) {
  return error(ErrorType::validation,
               fmt::format("Request is invalid. Stream {} under account {} is in On-Demand mode.", stream,
                           api.settings.account));
}

// These words are AWS's for a second change of mode within 24 hours (github.com/aws/aws-cdk/issues/18139); Terraform's
// provider knows them from other operations on streams as well.
std::unexpected<ApiError> stream_rate_exceeded(const Api& api, std::string_view stream) {
  return error(ErrorType::limit_exceeded,
               fmt::format("Rate exceeded for stream {} under account {}.", stream, api.settings.account));
}

std::uint64_t open_shards(const Api& api) {
  std::uint64_t count = 0;
  for (const StreamRef& stream : api.catalogue.list()) count += stream->open_by_hash.size();
  return count;
}

std::optional<ApiError> over_shard_limit(const Api& api, std::uint32_t more) {
  std::uint64_t now = open_shards(api);
  if (now + more <= api.settings.shard_limit) return std::nullopt;
  return ApiError{
      ErrorType::limit_exceeded,
      fmt::format(
          "This request would exceed the shard limit for the account {} in {}. Current shard count for the "
          "account: {}. Limit: {}. Number of additional shards that would have resulted from this request: {}. "
          "Refer to the AWS Service Limits page "
          "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to "
          "request higher limits.",
          api.settings.account, api.settings.region, now, api.settings.shard_limit, more)};
}

}  // namespace shardmill::http::kinesis
