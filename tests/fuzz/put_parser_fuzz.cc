// The hot path's parser against the general one: it must not crash, and what it takes must read the same there.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "http/kinesis/put_parser.h"
#include "http/message.h"

using shardmill::http::kinesis::PutEntry;
using shardmill::http::kinesis::PutParser;
using shardmill::http::kinesis::PutRequest;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_entry(const PutEntry& entry, const nlohmann::json& record) {
  require(record.at("Data") == entry.data);
  require(record.at("PartitionKey") == entry.partition_key);
  require(record.contains("ExplicitHashKey") == entry.hash_key.has_value());
}

void check(const PutRequest* request, std::string_view body, bool many) {
  if (request == nullptr) return;
  nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  require(json.is_object());
  if (!request->stream_name.empty()) require(json.at("StreamName") == request->stream_name);
  if (!request->stream_arn.empty()) require(json.at("StreamARN") == request->stream_arn);
  if (!many) return check_entry(request->entries.at(0), json);
  const nlohmann::json& records = json.at("Records");
  require(records.size() == request->entries.size());
  for (std::size_t i = 0; i < records.size(); ++i) check_entry(request->entries[i], records[i]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string padded(reinterpret_cast<const char*>(data), size);
  padded.append(shardmill::http::kBodyPadding, '\0');
  std::string_view body = std::string_view(padded).substr(0, size);
  static const std::unique_ptr<PutParser> parser = PutParser::create();
  check(parser->parse_records(body), body, true);
  check(parser->parse_record(body), body, false);
  return 0;
}
