#include "triggers/stream/event.h"

#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/stream_name.h"
#include "base/base64.h"
#include "base/settings_reader.h"

namespace shardmill::triggers::stream {
namespace {

using nlohmann::json;

constexpr std::size_t kMostRecords = 10'000;
constexpr std::size_t kMostData = std::size_t{10} << 20;
constexpr std::size_t kMostKey = 1024;
constexpr std::string_view kArnPrefix = "arn:aws:kinesis:us-east-1:000000000000:stream/";

struct ReadRecord {
  std::string key;
  std::string data;
  WallTime arrival;
  std::string sequence;  // empty: none was given
};

// What the records agree on.
struct Origin {
  std::optional<std::string> arn;
  std::optional<std::string> shard;
};

// Takes the value of the first record, and holds the others to it.
void agree(std::optional<std::string>& common, const SettingsNode& node, std::string value, std::string_view what) {
  if (!common) {
    common = std::move(value);
    return;
  }
  if (*common == value || value.empty()) return;
  node.complain(fmt::format("found \"{}\", wanted \"{}\" as in the first record: a batch is of one {}", value,
                            *common, what));
}

void read_data(const SettingsNode& node, ReadRecord& record) {
  auto text = node.text("the record's data in base64");
  if (!text) return;
  auto data = base64_decode(*text);
  if (!data) return node.refuse("the record's data in base64");
  if (data->size() > kMostData) return node.complain(fmt::format("wanted at most {} bytes", kMostData));
  record.data = std::move(*data);
}

void read_kinesis(const SettingsNode& node, ReadRecord& record) {
  SettingsObject object(node);
  if (auto key = object.need("partitionKey", "the record's partition key")) {
    record.key = key->text("the record's partition key").value_or("");
    if (record.key.empty() || record.key.size() > kMostKey) key->refuse("a partition key of 1 to 256 characters");
  }
  if (auto data = object.need("data", "the record's data in base64")) read_data(*data, record);
  object.text("sequenceNumber", record.sequence, "a sequence number");
  if (auto arrival = object.find("approximateArrivalTimestamp")) {
    if (auto ms = arrival->timestamp_ms()) record.arrival = {*ms};
  }
}

ReadRecord read_record(const SettingsNode& node, WallTime now, Origin& origin) {
  ReadRecord record;
  record.arrival = now;
  SettingsObject object(node);
  if (auto kinesis = object.need("kinesis", "a record of a Kinesis stream")) read_kinesis(*kinesis, record);
  if (auto arn = object.find("eventSourceARN")) {
    auto text = arn->text("the ARN of a stream");  // samples have "arn:aws:kinesis:EXAMPLE" there
    if (text) agree(origin.arn, *arn, *text, "stream");
  }
  if (auto id = object.find("eventID")) {
    auto text = id->text("a shard's id and a sequence number");
    if (text) agree(origin.shard, *id, text->substr(0, text->find(':')), "shard");
  }
  return record;
}

// The positions that the records' sequence numbers stand for; nothing if they are not of one shard of ours.
std::optional<std::vector<Position>> positions_of(const std::vector<ReadRecord>& records, SequencePrefix& prefix) {
  std::vector<Position> positions;
  for (const ReadRecord& record : records) {
    if (record.sequence.size() != kSequenceDigits) return std::nullopt;
    if (positions.empty()) std::memcpy(prefix.data(), record.sequence.data(), prefix.size());
    auto position = position_of(record.sequence, prefix);
    if (!position || (!positions.empty() && *position <= positions.back())) return std::nullopt;
    positions.push_back(*position);
  }
  return positions;
}

// Records that follow each other and arrived together share a chunk, as they do in the store.
std::vector<ChunkSlice> slices_of(const std::vector<ReadRecord>& records, const std::vector<Position>& positions) {
  std::vector<ChunkSlice> slices;
  for (std::size_t i = 0; i < records.size();) {
    auto chunk = std::make_shared<Chunk>();
    chunk->first = positions[i];
    chunk->arrival = records[i].arrival;
    ChunkBuilder builder;
    do {
      builder.add(records[i].key, as_bytes(records[i].data));
      ++i;
    } while (i < records.size() && records[i].arrival == chunk->arrival &&
             positions[i] == chunk->first.plus(builder.count()));
    chunk->count = builder.count();
    chunk->body = builder.take();
    slices.push_back({chunk, chunk->first, chunk->count, chunk->body.bytes()});
  }
  return slices;
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: ..." without the library's own name for it.
std::string plain(std::string_view words) {
  std::size_t end = words.find("] ");
  return std::string(end == std::string_view::npos ? words : words.substr(end + 2));
}

Result<json> parse_json(std::string_view text) {
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    return fail(Errc::invalid, "not JSON: " + plain(error.what()));
  }
}

BatchEvent batch_of(const std::vector<ReadRecord>& records, const Origin& origin) {
  BatchEvent batch;
  batch.records = static_cast<std::uint32_t>(records.size());
  batch.stream_arn = origin.arn.value_or(std::string(kArnPrefix) + "stream");
  batch.stream = stream_name_of(batch.stream_arn).value_or("stream");
  batch.shard = parse_shard_id(origin.shard.value_or("")).value_or(ShardNumber{0});
  auto positions = positions_of(records, batch.prefix);
  if (!positions) {
    batch.renumbered = true;
    batch.prefix = sequence_prefix(0, batch.shard, StreamId{0});
    positions.emplace();
    for (std::uint64_t i = 1; i <= records.size(); ++i) positions->push_back({i});
  }
  batch.slices = slices_of(records, *positions);
  return batch;
}

}  // namespace

bool looks_like_batch_event(std::string_view text) {
  json event = json::parse(text, nullptr, false);
  if (!event.is_object() || !event.contains("Records")) return false;
  const json& records = event["Records"];
  return records.is_array() && !records.empty() && records[0].is_object() && records[0].contains("kinesis");
}

Result<BatchEvent> parse_batch_event(std::string_view text, WallTime now) {
  auto event = parse_json(text);
  if (!event) return std::unexpected(event.error());
  SettingsProblems problems;
  std::vector<ReadRecord> records;
  Origin origin;
  SettingsObject root(SettingsNode(*event, "", problems));
  if (auto list = root.need("Records", "the records of a Kinesis event")) {
    std::vector<SettingsNode> items = list->items("the records of a Kinesis event");
    if (list->is_array() && (items.empty() || items.size() > kMostRecords)) {
      list->complain(fmt::format("found {} records, wanted 1 to {}", items.size(), grouped(kMostRecords)));
      items.clear();
    }
    records.reserve(items.size());
    for (const SettingsNode& item : items) records.push_back(read_record(item, now, origin));
  }
  if (!problems.empty()) return fail(Errc::invalid, fmt::format("{}", fmt::join(problems.lines(), "\n")));
  return batch_of(records, origin);
}

}  // namespace shardmill::triggers::stream
