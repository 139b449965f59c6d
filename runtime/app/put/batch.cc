#include "app/put/batch.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "app/client.h"
#include "base/base64.h"

namespace shardmill::app {
namespace {

constexpr std::size_t kMostBytes = 4 << 20;  // of 10 MiB; base64 and several requests in flight want memory too

void append_base64(std::string& out, std::string_view data) {
  std::size_t at = out.size();
  out.resize(at + base64_encoded_size(data.size()));
  base64_encode(as_bytes(data), out.data() + at);
}

// The number of failed records, by a look at one field.
std::optional<std::uint64_t> failed_count(std::string_view body) {
  simdjson::ondemand::parser parser;
  simdjson::padded_string padded(body);
  simdjson::ondemand::document document;
  std::uint64_t count = 0;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;
  if (document["FailedRecordCount"].get_uint64().get(count) != simdjson::SUCCESS) return std::nullopt;
  return count;
}

std::string text_in(const nlohmann::json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "?";
}

}  // namespace

bool PutBatch::has_room_for(const PutRecord& record) const {
  if (records_.empty()) return true;
  return records_.size() < kMostRecords && bytes_ + record.partition_key.size() + record.data.size() <= kMostBytes;
}

void PutBatch::add(PutRecord record) {
  bytes_ += record.partition_key.size() + record.data.size();
  records_.push_back(std::move(record));
}

std::string PutBatch::body(std::string_view stream) const {
  std::string text;
  text.reserve(bytes_ * 4 / 3 + records_.size() * 40 + 100);
  text += fmt::format(R"({{"StreamName":{},"Records":[)", nlohmann::json(stream).dump());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    text += i == 0 ? R"({"Data":")" : R"(,{"Data":")";
    append_base64(text, records_[i].data);
    text += R"(","PartitionKey":)";
    text += nlohmann::json(records_[i].partition_key).dump();
    text += '}';
  }
  return text += "]}";
}

void PutBatch::keep(const std::vector<bool>& failed) {
  std::vector<PutRecord> kept;
  bytes_ = 0;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (!failed[i]) continue;
    bytes_ += records_[i].partition_key.size() + records_[i].data.size();
    kept.push_back(std::move(records_[i]));
  }
  records_ = std::move(kept);
}

Result<PutVerdict> read_put_answer(std::string_view body, std::size_t count) {
  auto strange = [] { return fail(Errc::internal, "PutRecords: the answer has an unexpected shape"); };
  std::optional<std::uint64_t> failures = failed_count(body);
  if (!failures) return strange();
  PutVerdict verdict;
  if (*failures == 0) return verdict;
  nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
  if (answer.is_discarded() || !answer["Records"].is_array() || answer["Records"].size() != count) return strange();
  for (const nlohmann::json& record : answer["Records"]) {
    if (!record.is_object()) return strange();
    verdict.failed.push_back(record.contains("ErrorCode"));
    if (verdict.failed.back() && verdict.reason.empty()) {
      verdict.reason = fmt::format("{}: {}", text_in(record, "ErrorCode"), text_in(record, "ErrorMessage"));
    }
  }
  return verdict;
}

bool may_retry(unsigned status, std::string_view body) {
  return status >= 500 || kinesis_error(status, body).code == Errc::limit_exceeded;
}

}  // namespace shardmill::app
