#include <cstring>

#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/json_writer.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/put.h"
#include "http/kinesis/put_input.h"

namespace shardmill::http::kinesis::put_records {
namespace {

constexpr Member kEntryMembers[] = {
    partition_key(),
    record_data(),
    hash_key("ExplicitHashKey", false),
};

constexpr Member kShape[] = {
    {.name = "Records",
     .type = Type::list,
     .required = true,
     .range = {1, 500},
     .members = kEntryMembers,
     .element = Type::structure,
     .element_shown = "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@c965e310"},
    stream_name(),
    stream_arn(),
};

// The answer for one record after the other of one shard: all but the sequence number's last digits stays the same.
class ResultText {
 public:
  ResultText(const ShardInfo& shard, Position first)
      : text_(fmt::format(R"({{"SequenceNumber":"{}","ShardId":"{}"}})", sequence_number(shard.prefix, first),
                          shard_id(shard.number))) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  // Counts the number up in place.
  void next() {
    static constexpr std::size_t kLastDigit =
        std::string_view(R"({"SequenceNumber":")").size() + kSequenceDigits - 1;
    char* digit = text_.data() + kLastDigit;
    for (; *digit == '9'; --digit) *digit = '0';
    ++*digit;
  }

 private:
  std::string text_;
};

std::string throttled_text(const Api& api, const PutOutcome& outcome, const ShardInfo& shard) {
  JsonWriter json;
  json.begin_object()
      .member("ErrorCode", wire_name(ErrorType::provisioned_throughput))
      .member("ErrorMessage",
              fmt::format("Rate exceeded for shard {}.", shard_phrase(api, outcome.stream->name, shard.number)))
      .end_object();
  return json.take();
}

std::string answer(const Api& api, const PutOutcome& outcome) {
  std::vector<ResultText> results;
  results.reserve(outcome.shards.size());
  for (std::size_t i = 0; i < outcome.shards.size(); ++i)
    results.emplace_back(*outcome.shards[i], outcome.firsts[i]);
  std::string out = fmt::format(R"({{"FailedRecordCount":{},"Records":[)", outcome.refused_by.size());
  out.reserve(out.size() + outcome.places.size() * 128);
  auto refused_by = outcome.refused_by.begin();
  for (std::uint16_t place : outcome.places) {
    if (place == PutOutcome::kThrottled) {
      out += throttled_text(api, outcome, **refused_by++);
    } else {
      out += results[place].text();
      results[place].next();
    }
    out += ',';
  }
  out.back() = ']';
  out += '}';
  return out;
}

Task<Answer> act(Api& api, Input input) {
  Outcome<std::string> name = stream_name_in(api, input);
  if (!name) co_return std::unexpected(name.error());
  std::vector<PutEntry> entries;
  for (const Input& record : input.structures("Records")) {
    Outcome<PutEntry> entry = put_entry(record);
    if (!entry) co_return std::unexpected(entry.error());
    entries.push_back(*entry);
  }
  Outcome<PutOutcome> outcome = co_await put(api, *name, entries);
  if (!outcome) co_return std::unexpected(outcome.error());
  co_return answer(api, *outcome);
}

Task<std::optional<Answer>> act_fast(Api& api, std::string_view body) {
  PutParserPool::Loan parser(api.put_parsers);
  const PutRequest* request = parser->parse_records(body);
  if (request == nullptr || request->stream_name.empty() || !request->stream_arn.empty() ||
      !are_plainly_valid(request->entries)) {
    co_return std::nullopt;
  }
  Outcome<PutOutcome> outcome = co_await put(api, request->stream_name, request->entries);
  if (outcome) co_return Answer(answer(api, *outcome));
  // The long way finds the same, and says it exactly. But what the store said is not to be tried again.
  if (outcome.error().type != ErrorType::internal_failure) co_return std::nullopt;
  co_return Answer(std::unexpected(outcome.error()));
}

}  // namespace

const Operation kOperation{.name = "PutRecords", .shape = kShape, .act = act, .act_fast = act_fast};

}  // namespace shardmill::http::kinesis::put_records
