#include "http/kinesis/retention.h"

#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis {
namespace {

constexpr std::int32_t kShortest = 24;
constexpr std::int32_t kLongest = 8760;

std::optional<ApiError> check(const StreamInfo& stream, std::int32_t hours, RetentionMove move) {
  auto refused = [](std::string why) { return ApiError{ErrorType::invalid_argument, std::move(why)}; };
  if (hours < kShortest) {
    return refused(
        fmt::format("Minimum allowed retention period is {} hours. Requested retention period ({} hours) is "
                    "too short.",
                    kShortest, hours));
  }
  if (hours > kLongest) {
    return refused(
        fmt::format("Maximum allowed retention period is {} hours. Requested retention period ({} hours) is "
                    "too long.",
                    kLongest, hours));
  }
  auto current = static_cast<std::int32_t>(stream.retention_hours);
  bool wrong_way = move == RetentionMove::increase ? hours < current : hours > current;
  if (!wrong_way) return std::nullopt;
  return refused(
      fmt::format("Requested retention period ({} hours) for stream {} can not be {} than existing retention "
                  "period ({} hours). Use {}RetentionPeriod API.",
                  hours, stream.name, move == RetentionMove::increase ? "shorter" : "longer", current,
                  move == RetentionMove::increase ? "Decrease" : "Increase"));
}

}  // namespace

Task<Outcome<std::string>> change_retention(Api& api, const Input& input, RetentionMove move) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  std::int32_t hours = input.integer("RetentionPeriodHours").value_or(0);
  if (auto problem = check(**stream, hours, move)) co_return std::unexpected(*problem);
  const std::string& name = (*stream)->name;
  StreamChange change;
  change.retention_hours = static_cast<std::uint32_t>(hours);
  auto changed = co_await change_stream_in(api, name, std::move(change));
  if (changed) co_return std::string();
  if (changed.error().code == Errc::not_found) co_return stream_missing(api, name);
  co_return store_error(changed.error());
}

}  // namespace shardmill::http::kinesis
