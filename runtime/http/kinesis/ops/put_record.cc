#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/json_writer.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/put.h"
#include "http/kinesis/put_input.h"
#include "http/kinesis/sequence_check.h"

namespace shardmill::http::kinesis::put_record {
namespace {

constexpr Member kShape[] = {
    sequence_number("SequenceNumberForOrdering"),
    partition_key(),
    hash_key("ExplicitHashKey", false),
    record_data(),
    stream_name(),
    stream_arn(),
};

Answer answer(const Api& api, const PutOutcome& outcome) {
  if (outcome.shards.empty()) {
    return error(ErrorType::provisioned_throughput,
                 fmt::format("Rate exceeded for shard {}.",
                             shard_phrase(api, outcome.stream->name, outcome.refused_by.front()->number)));
  }
  const ShardInfo& shard = *outcome.shards.front();
  return fmt::format(R"({{"ShardId":"{}","SequenceNumber":"{}"}})", shard_id(shard.number),
                     sequence_number(shard.prefix, outcome.firsts.front()));
}

// Every append to a shard gets a higher number than the ones before, so there is nothing to wait for; but a number that
// was never given is a mistake worth telling.
std::optional<ApiError> check_ordering(const Api& api, const StreamInfo& stream, const Input& input) {
  std::optional<std::string> number = input.text("SequenceNumberForOrdering");
  if (!number || is_of_stream(*number, stream)) return std::nullopt;
  return ApiError{
      ErrorType::invalid_argument,
      fmt::format("ExclusiveMinimumSequenceNumber {} used in PutRecord on stream {} under account {} is "
                  "invalid.",
                  *number, stream.name, api.settings.account)};
}

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  Outcome<PutEntry> entry = put_entry(input);
  if (!entry) co_return std::unexpected(entry.error());
  if (auto problem = check_ordering(api, **stream, input)) co_return std::unexpected(*problem);
  Outcome<PutOutcome> outcome = co_await put(api, (*stream)->name, {&*entry, 1});
  if (!outcome) co_return std::unexpected(outcome.error());
  co_return answer(api, *outcome);
}

Task<std::optional<Answer>> act_fast(Api& api, std::string_view body) {
  PutParserPool::Loan parser(api.put_parsers);
  const PutRequest* request = parser->parse_record(body);
  if (request == nullptr || request->stream_name.empty() || !request->stream_arn.empty() ||
      !are_plainly_valid(request->entries)) {
    co_return std::nullopt;
  }
  Outcome<PutOutcome> outcome = co_await put(api, request->stream_name, request->entries);
  if (outcome) co_return answer(api, *outcome);
  if (outcome.error().type != ErrorType::internal_failure) co_return std::nullopt;
  co_return Answer(std::unexpected(outcome.error()));
}

}  // namespace

const Operation kOperation{.name = "PutRecord", .shape = kShape, .act = act, .act_fast = act_fast};

}  // namespace shardmill::http::kinesis::put_record
