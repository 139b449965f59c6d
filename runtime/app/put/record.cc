#include "app/put/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/terminal.h"
#include "base/base64.h"
#include "base/utf8.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

constexpr std::size_t kMostKeyCharacters = 256;

// A key may be text, a number or a boolean; nothing else names a thing.
std::optional<std::string> scalar_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

Result<std::string> key_in(const json& record, std::string_view path) {
  const json* at = &record;
  for (std::string_view rest = path;;) {
    std::size_t dot = rest.find('.');
    std::string name(rest.substr(0, dot));
    if (!at->is_object() || !at->contains(name)) {
      return fail(Errc::invalid, fmt::format("there is no field \"{}\" for the partition key", path));
    }
    at = &(*at)[name];
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  std::optional<std::string> key = scalar_text(*at);
  if (!key) {
    return fail(Errc::invalid,
                fmt::format("the field \"{}\" is {}, which cannot be a partition key", path, at->type_name()));
  }
  return std::move(*key);
}

Result<PutRecord> unpack(const json& line) {
  auto text = [&](const char* name) { return line.contains(name) && line[name].is_string(); };
  if (!line.is_object() || !text("partitionKey") || text("data") == text("dataBase64")) {
    return fail(Errc::invalid,
                R"(wanted an object with "partitionKey" and either "data" or "dataBase64", all text)");
  }
  PutRecord record{line["partitionKey"].get<std::string>(), ""};
  if (text("data")) {
    record.data = line["data"].get<std::string>();
    return record;
  }
  std::optional<std::string> data = base64_decode(line["dataBase64"].get_ref<const std::string&>());
  if (!data) return fail(Errc::invalid, R"("dataBase64" is not base64)");
  record.data = std::move(*data);
  return record;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Result<PutRecord> check(PutRecord record) {
  if (record.partition_key.empty() || characters(record.partition_key) > kMostKeyCharacters) {
    return fail(Errc::invalid, fmt::format("the partition key has {} characters; wanted 1 to {}",
                                           characters(record.partition_key), kMostKeyCharacters));
  }
  if (!is_utf8(record.partition_key)) return fail(Errc::invalid, "the partition key is not UTF-8");
  std::size_t size = record.partition_key.size() + record.data.size();
  if (size > kMostRecordBytes) {
    return fail(Errc::invalid, fmt::format("the record has {} bytes with its key; a record may have {}",
                                           grouped(size), grouped(kMostRecordBytes)));
  }
  return record;
}

}  // namespace

Result<PutRecord> make_record(std::string line, std::uint64_t number, const RecordRules& rules) {
  PutRecord record;
  if (rules.as_records || !rules.key_field.empty()) {
    json parsed = json::parse(line, nullptr, false);
    if (parsed.is_discarded()) return fail(Errc::invalid, "it is not JSON");
    if (rules.as_records) {
      Result<PutRecord> unpacked = unpack(parsed);
      if (!unpacked) return unpacked;
      record = std::move(*unpacked);
    } else {
      Result<std::string> key = key_in(parsed, rules.key_field);
      if (!key) return std::unexpected(key.error());
      record = {std::move(*key), std::move(line)};
    }
  } else {
    record = {rules.partition_key.empty() ? std::to_string(number) : rules.partition_key, std::move(line)};
  }
  return check(std::move(record));
}

std::optional<LineSplitter::Line> LineSplitter::next() {
  for (;;) {
    std::size_t end = held_.find('\n', std::max(start_, searched_));
    if (end == std::string::npos && (!ended_ || start_ == held_.size())) {
      held_.erase(0, start_);
      start_ = 0;
      searched_ = held_.size();
      return std::nullopt;
    }
    std::string_view line = std::string_view(held_).substr(start_, end == std::string::npos ? end : end - start_);
    start_ = end == std::string::npos ? held_.size() : end + 1;
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) return Line{number_, std::string(line)};
  }
}

}  // namespace shardmill::app
