#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/base64.h"
#include "http/kinesis/cursor.h"
#include "http/kinesis/describe.h"
#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis::get_records {
namespace {

constexpr std::uint32_t kMostRecords = 10'000;
constexpr std::size_t kMostBytes = 10 * 1024 * 1024;
constexpr std::size_t kPerRecord = 192;  // an answer's bytes for a record beside key and data

constexpr Member kShape[] = {
    integer("Limit", {1, 10000}),
    {.name = "ShardIterator", .required = true, .range = {1, 512}},
    stream_arn(),
};

// "Thu Jan 22 01:22:02 UTC 2015"
std::string long_date(WallTime time) {
  return fmt::format("{:%a %b %d %H:%M:%S} UTC {:%Y}", fmt::gmtime(static_cast<std::time_t>(time.ms / 1000)),
                     fmt::gmtime(static_cast<std::time_t>(time.ms / 1000)));
}

Outcome<ShardCursor> cursor_in(const Api& api, const Input& input) {
  std::optional<ShardCursor> cursor = open_shard_cursor(api.seal, input.view("ShardIterator"));
  if (!cursor) return error(ErrorType::invalid_argument, "Invalid ShardIterator.");
  if (auto arn = input.text("StreamARN"); arn && *arn != api.arn_of(cursor->stream_name)) {
    return error(ErrorType::invalid_argument, fmt::format("The ShardIterator is not of stream {}.", *arn));
  }
  WallTime now = api.clock.now();
  if (now.ms - cursor->created.ms <= kTokenLifeMs) return *cursor;
  return error(
      ErrorType::expired_iterator,
      fmt::format("Iterator expired. The iterator was created at time {} while right now it is {} which is "
                  "further in the future than the tolerated delay of {} milliseconds.",
                  long_date(cursor->created), long_date(now), kTokenLifeMs));
}

void write_record(std::string& out, const RecordView& record, const SequencePrefix& prefix, Position position,
                  std::string_view arrival) {
  char number[kSequenceDigits];
  write_sequence(number, prefix, position);
  out.append(R"({"SequenceNumber":")").append(number, sizeof number);
  out.append(R"(","ApproximateArrivalTimestamp":)").append(arrival).append(R"(,"Data":")");
  std::size_t at = out.size();
  std::size_t size = base64_encoded_size(record.data.size());
  out.resize_and_overwrite(at + size, [&](char* text, std::size_t whole) {
    base64_encode(record.data, text + at);
    return whole;
  });
  out.append(R"(","PartitionKey":)");
  append_json_string(out, record.partition_key);
  out += '}';
}

std::size_t bytes_of(const ReadResult& read) {
  std::size_t bytes = 0;
  for (const ChunkSlice& slice : read.slices) bytes += slice.entries.size() - slice.count * sizeof(EntryHeader);
  return bytes;
}

void write_records(std::string& out, const ReadResult& read, const SequencePrefix& prefix) {
  std::size_t count = 0;
  for (const ChunkSlice& slice : read.slices) count += slice.count;
  out.reserve(out.size() + base64_encoded_size(bytes_of(read)) + count * kPerRecord + 1024);
  out += '[';
  for (const ChunkSlice& slice : read.slices) {
    std::string arrival = seconds(slice.arrival());
    Bytes entries = slice.entries;
    for (std::uint32_t i = 0; i < slice.count; ++i) {
      if (out.back() == '}') out += ',';
      write_record(out, next_entry(entries), prefix, slice.first.plus(i), arrival);
    }
  }
  out += ']';
}

// How old the tip's records are that this answer does not reach.
std::int64_t behind_latest(const ReadResult& read, WallTime now) {
  if (read.next > read.end || read.slices.empty()) return 0;
  return std::max<std::int64_t>(0, now.ms - read.slices.back().arrival().ms);
}

void write_children(JsonWriter& json, const StreamInfo& stream, ShardNumber of) {
  json.begin_array();
  for (const ShardInfo& shard : stream.shards) {
    if (shard.parent != of && shard.adjacent_parent != of) continue;
    json.begin_object().member("ShardId", shard_id(shard.number)).key("ParentShards").begin_array();
    for (std::optional<ShardNumber> parent : {shard.parent, shard.adjacent_parent}) {
      if (parent) json.value(shard_id(*parent));
    }
    json.end_array().key("HashKeyRange");
    write_hash_range(json, shard.range);
    json.end_object();
  }
  json.end_array();
}

std::string answer(const Api& api, const StreamInfo& stream, const ShardInfo& shard, const ReadResult& read) {
  std::string records;
  write_records(records, read, shard.prefix);
  WallTime now = api.clock.now();
  JsonWriter rest;
  rest.member("MillisBehindLatest", behind_latest(read, now)).key("NextShardIterator");
  if (read.shard_ended) {
    rest.raw("null").key("ChildShards");
    // Children may be younger than the snapshot the shard was found in.
    StreamRef fresh = api.catalogue.find(stream.name);
    write_children(rest, fresh == nullptr ? stream : *fresh, shard.number);
  } else {
    rest.value(seal(api.seal, ShardCursor{stream.id, shard.number, read.next, now, stream.name}));
  }
  return R"({"Records":)" + std::move(records) + "," + rest.take() + "}";
}

Task<Answer> act(Api& api, Input input) {
  Outcome<ShardCursor> cursor = cursor_in(api, input);
  if (!cursor) co_return std::unexpected(cursor.error());
  StreamRef stream = api.catalogue.find(cursor->stream_name);
  const ShardInfo* shard =
      stream == nullptr || stream->id != cursor->stream ? nullptr : stream->shard(cursor->shard);
  if (shard == nullptr) co_return shard_missing(api, cursor->stream_name, cursor->shard);
  if (stream->enforce_limits && !api.rates.admit_read(shard->key)) {
    co_return error(ErrorType::provisioned_throughput,
                    fmt::format("Rate exceeded for shard {}.", shard_phrase(api, stream->name, shard->number)));
  }
  ReadRequest request{shard->key, cursor->next, kMostRecords, kMostBytes};
  if (auto limit = input.integer("Limit")) request.max_records = static_cast<std::uint32_t>(*limit);
  Result<ReadResult> result = co_await read_from(api, request);
  if (!result && result.error().code == Errc::not_found) co_return shard_missing(api, stream->name, shard->number);
  if (!result) co_return store_error(result.error());
  if (stream->enforce_limits) api.rates.charge_read(shard->key, bytes_of(*result));
  co_return answer(api, *stream, *shard, *result);
}

}  // namespace

const Operation kOperation{.name = "GetRecords", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::get_records
