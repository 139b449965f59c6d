#include "app/shard_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "app/terminal.h"
#include "base/base64.h"
#include "base/iso_time.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

std::optional<std::int64_t> unit_ms(std::string_view unit) {
  if (unit == "s") return 1000;
  if (unit == "m" || unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

std::optional<std::int64_t> parse_age(std::string_view text) {
  std::uint32_t count = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return std::nullopt;
  auto unit = unit_ms(text.substr(static_cast<std::size_t>(stop - text.data())));
  if (!unit) return std::nullopt;
  return count * *unit;
}

json iterator_input(const std::string& shard, const ReadFrom& from) {
  json input{{"ShardId", shard}};
  switch (from.kind) {
    case ReadFrom::Kind::oldest:
      input["ShardIteratorType"] = "TRIM_HORIZON";
      break;
    case ReadFrom::Kind::newest:
      input["ShardIteratorType"] = "LATEST";
      break;
    case ReadFrom::Kind::time:
      input["ShardIteratorType"] = "AT_TIMESTAMP";
      input["Timestamp"] = static_cast<double>(from.time.ms) / 1000;
      break;
    case ReadFrom::Kind::sequence:
      input["ShardIteratorType"] = "AT_SEQUENCE_NUMBER";
      input["StartingSequenceNumber"] = from.sequence;
      break;
  }
  return input;
}

std::string text_of(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

}  // namespace

Result<ReadFrom> parse_read_from(std::string_view text, WallTime now) {
  if (text == "start") return ReadFrom{};
  if (text == "now") return ReadFrom{.kind = ReadFrom::Kind::newest};
  if (auto age = parse_age(text)) return ReadFrom{.kind = ReadFrom::Kind::time, .time = {now.ms - *age}};
  if (auto time = parse_iso_time(text)) return ReadFrom{.kind = ReadFrom::Kind::time, .time = {*time}};
  bool number = text.size() >= 20 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (number) return ReadFrom{.kind = ReadFrom::Kind::sequence, .sequence = std::string(text)};
  return fail(Errc::invalid,
              fmt::format("\"{}\" is not a place to read from; wanted start, now, an age like 15m, a time "
                          "like 2026-07-14T09:30:00Z, or a sequence number",
                          printable(text)));
}

Result<ShardReader> ShardReader::open(Client& client, const std::string& stream, const std::string& shard,
                                      const ReadFrom& from) {
  Result<json> answer = stream_call(client, "GetShardIterator", stream, iterator_input(shard, from));
  if (!answer) return std::unexpected(answer.error());
  auto iterator =
      read_answer("GetShardIterator", *answer, [](const json& a) { return text_of(a, "ShardIterator"); });
  if (!iterator) return std::unexpected(iterator.error());
  return ShardReader(shard, std::move(*iterator));
}

Result<ShardReader::Page> ShardReader::next(Client& client, std::uint32_t most) {
  Result<json> answer = client.kinesis("GetRecords", {{"ShardIterator", iterator_}, {"Limit", most}});
  if (!answer) return std::unexpected(answer.error());
  return read_answer("GetRecords", *answer, [this](const json& a) {
    Page page;
    for (const json& record : a.at("Records")) {
      std::optional<std::string> data = base64_decode(record.at("Data").get_ref<const std::string&>());
      page.records.push_back({.shard = shard_,
                              .sequence = text_of(record, "SequenceNumber"),
                              .partition_key = text_of(record, "PartitionKey"),
                              .arrival = time_of(record.at("ApproximateArrivalTimestamp")),
                              .data = data.value_or("")});
    }
    page.behind_ms = a.value("MillisBehindLatest", std::int64_t{0});
    page.ended = !a.contains("NextShardIterator") || a["NextShardIterator"].is_null();
    if (!page.ended) iterator_ = text_of(a, "NextShardIterator");
    return page;
  });
}

}  // namespace shardmill::app
