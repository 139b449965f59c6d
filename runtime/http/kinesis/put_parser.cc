#include "http/kinesis/put_parser.h"

#include <cstring>
#include <utility>

#include <simdjson.h>

#include "http/message.h"

namespace shardmill::http::kinesis {

namespace ondemand = simdjson::ondemand;

namespace {

static_assert(kBodyPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kMostEntries = 500;
constexpr std::size_t kMostIdle = 64;
constexpr std::size_t kLargeBody = 1024 * 1024;

class SimdPutParser final : public PutParser {
 public:
  const PutRequest* parse_records(std::string_view body) override {
    return begin(body) && read_records_body() && at_end() ? &request_ : nullptr;
  }
  const PutRequest* parse_record(std::string_view body) override {
    return begin(body) && read_record_body() && at_end() ? &request_ : nullptr;
  }
  [[nodiscard]] bool is_large() const override { return parser_.capacity() > kLargeBody; }

 private:
  bool begin(std::string_view body) {
    request_.stream_name = {};
    request_.stream_arn = {};
    request_.entries.clear();
    return parser_.iterate(body.data(), body.size(), body.size() + kBodyPadding).get(document_) ==
           simdjson::SUCCESS;
  }

  // Nothing but spaces behind the object that was read.
  bool at_end() { return document_.current_location().error() == simdjson::OUT_OF_BOUNDS; }

  // Keys are compared as they stand: one written with escapes is not recognised, so the body goes the long way.
  static bool is_key(simdjson::simdjson_result<ondemand::raw_json_string> key, std::string_view name) {
    ondemand::raw_json_string raw;
    // NOLINTNEXTLINE(performance-move-const-arg): get() is for temporaries only
    if (std::move(key).get(raw) != simdjson::SUCCESS) return false;
    return std::memcmp(raw.raw(), name.data(), name.size()) == 0 && raw.raw()[name.size()] == '"';
  }

  static bool read_text(ondemand::value value, std::string_view& text) {
    return value.get_string().get(text) == simdjson::SUCCESS && !text.empty();
  }

  // Without unescaping: base64 has no backslash.
  static bool read_raw_text(ondemand::value value, std::string_view& text) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && token.back() != '"') token.remove_suffix(1);
    if (token.size() < 2 || token.front() != '"') return false;
    text = token.substr(1, token.size() - 2);
    ondemand::raw_json_string
        passed;  // a value that is not taken is skipped, and not checked for what stands behind it
    if (value.get_raw_json_string().get(passed) != simdjson::SUCCESS) return false;
    return text.find('\\') == std::string_view::npos;
  }

  bool read_stream_field(ondemand::field& field) {
    if (is_key(field.key(), "StreamName")) return read_text(field.value(), request_.stream_name);
    if (is_key(field.key(), "StreamARN")) return read_text(field.value(), request_.stream_arn);
    return false;
  }

  static bool read_entry_field(ondemand::field& field, PutEntry& entry, bool& has_data) {
    if (is_key(field.key(), "Data")) return has_data = read_raw_text(field.value(), entry.data);
    if (is_key(field.key(), "PartitionKey")) return read_text(field.value(), entry.partition_key);
    if (!is_key(field.key(), "ExplicitHashKey")) return false;
    std::string_view digits;
    if (!read_text(field.value(), digits)) return false;
    entry.hash_key = parse_hash_key(digits);
    return entry.hash_key.has_value();
  }

  bool read_record_body() {
    ondemand::object object;
    if (document_.get_object().get(object) != simdjson::SUCCESS) return false;
    PutEntry entry;
    bool has_data = false;
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field) != simdjson::SUCCESS) return false;
      if (!read_entry_field(field, entry, has_data) && !read_stream_field(field)) return false;
    }
    request_.entries.push_back(entry);
    return has_data && !entry.partition_key.empty();
  }

  bool read_records_body() {
    ondemand::object object;
    if (document_.get_object().get(object) != simdjson::SUCCESS) return false;
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field) != simdjson::SUCCESS) return false;
      if (is_key(field.key(), "Records") ? !read_entries(field.value()) : !read_stream_field(field)) return false;
    }
    return !request_.entries.empty();
  }

  bool read_entries(ondemand::value value) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    request_.entries.clear();
    for (auto element : array) {
      ondemand::object object;
      if (element.get_object().get(object) != simdjson::SUCCESS || request_.entries.size() == kMostEntries) {
        return false;
      }
      if (!read_entry(object, request_.entries.emplace_back())) return false;
    }
    return true;
  }

  static bool read_entry(ondemand::object& object, PutEntry& entry) {
    bool has_data = false;
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field) != simdjson::SUCCESS || !read_entry_field(field, entry, has_data))
        return false;
    }
    return has_data && !entry.partition_key.empty();
  }

  ondemand::parser parser_;
  ondemand::document document_;
  PutRequest request_;
};

}  // namespace

std::unique_ptr<PutParser> PutParser::create() {
  return std::make_unique<SimdPutParser>();
}

std::unique_ptr<PutParser> PutParserPool::take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<PutParser> parser = std::move(idle_.back());
      idle_.pop_back();
      return parser;
    }
  }
  return PutParser::create();
}

void PutParserPool::give(std::unique_ptr<PutParser> parser) {
  if (parser->is_large()) return;
  std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(parser));
}

}  // namespace shardmill::http::kinesis
