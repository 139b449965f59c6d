#include <fmt/format.h>

#include "http/kinesis/cursor.h"
#include "http/kinesis/find.h"
#include "http/kinesis/json_writer.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/sequence_check.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis::get_shard_iterator {
namespace {

constexpr std::string_view kTypes[] = {"AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER",
                                       "TRIM_HORIZON"};

constexpr Member kShape[] = {
    shard_id("ShardId", true),
    {.name = "ShardIteratorType", .required = true, .one_of = kTypes},
    sequence_number("StartingSequenceNumber"),
    timestamp("Timestamp"),
    stream_name(),
    stream_arn(),
};

std::unexpected<ApiError> wrong_combination(std::string_view type, std::string_view what) {
  return error(
      ErrorType::invalid_argument,
      fmt::format("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
                  "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request "
                  "specified {} and {} StartingSequenceNumber.",
                  type, what));
}

Outcome<Position> from_sequence_number(const Api& api, const StreamInfo& stream, const ShardInfo& shard,
                                       std::string_view number, bool after, Position end) {
  std::string phrase = fmt::format("StartingSequenceNumber {} used in GetShardIterator on shard {}", number,
                                   shard_phrase(api, stream.name, shard.number));
  switch (check_sequence(number, stream, shard)) {
    case SequenceFit::unknown_form:
      return error(ErrorType::invalid_argument, phrase + " is invalid.");
    case SequenceFit::other_shard:
      return error(
          ErrorType::invalid_argument,
          fmt::format("Invalid StartingSequenceNumber. It encodes {}, while it was used in a call to a shard "
                      "with {}",
                      shard_id(encoded_shard(number)), shard_id(shard.number)));
    case SequenceFit::other_stream:
      return error(ErrorType::invalid_argument, phrase + " is invalid because it did not come from this stream.");
    case SequenceFit::fits:
      break;
  }
  Position position = position_of(number, shard.prefix).value_or(Position{});
  if (position > end) return error(ErrorType::invalid_argument, phrase + " is invalid.");
  return after ? position.plus(1) : position;
}

Task<Outcome<Position>> from_time(Api& api, const ShardInfo& shard, std::optional<WallTime> time) {
  if (!time) {
    co_return error(ErrorType::invalid_argument,
                    "Must specify timestampInMillis parameter for iterator of type "
                    "AT_TIMESTAMP. Current request has no timestamp parameter.");
  }
  WallTime now = api.clock.now();
  if (*time > now) {
    co_return error(
        ErrorType::invalid_argument,
        fmt::format("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
                    "timestampInMillis: {}, currentTimestampInMillis: {}",
                    time->ms, now.ms));
  }
  auto found = co_await find_time_in(api, shard.key, *time);
  if (!found) co_return store_error(found.error());
  co_return *found;
}

Task<Outcome<Position>> start_of(Api& api, const Input& input, const StreamInfo& stream, const ShardInfo& shard) {
  Result<ShardBounds> bounds = api.reader.bounds(shard.key);
  if (!bounds && bounds.error().code == Errc::not_found) co_return shard_missing(api, stream.name, shard.number);
  if (!bounds) co_return store_error(bounds.error());
  std::string type = input.must_text("ShardIteratorType");
  std::optional<std::string> number = input.text("StartingSequenceNumber");
  bool wants_number = type.ends_with("SEQUENCE_NUMBER");
  if (wants_number != number.has_value() && type != "AT_TIMESTAMP") {
    co_return wrong_combination(type, wants_number ? "no" : "also a");
  }
  if (type == "AT_TIMESTAMP") co_return co_await from_time(api, shard, input.time("Timestamp"));
  if (type == "TRIM_HORIZON") co_return bounds->horizon;
  if (type == "LATEST") co_return bounds->end.plus(1);
  co_return from_sequence_number(api, stream, shard, *number, type == "AFTER_SEQUENCE_NUMBER", bounds->end);
}

Task<Answer> act(Api& api, Input input) {
  Outcome<std::string> name = stream_name_in(api, input);
  if (!name) co_return std::unexpected(name.error());
  std::string id = input.must_text("ShardId");
  std::optional<ShardNumber> number = shard_number(id);
  if (!number) co_return shard_not_found(api, *name, id);
  // AWS words a missing stream as a missing shard here.
  StreamRef stream = api.catalogue.find(*name);
  const ShardInfo* shard = stream == nullptr ? nullptr : stream->shard(*number);
  if (shard == nullptr) co_return shard_missing(api, *name, *number);
  Outcome<Position> start = co_await start_of(api, input, *stream, *shard);
  if (!start) co_return std::unexpected(start.error());
  JsonWriter json;
  json.begin_object()
      .member("ShardIterator", seal(api.seal, ShardCursor{stream->id, *number, *start, api.clock.now(), *name}))
      .end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "GetShardIterator", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::get_shard_iterator
