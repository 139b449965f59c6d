// The fast parser against the slow one: whatever the fast one takes must read the same there.
#include "http/kinesis/put_parser.h"

#include <random>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "http/message.h"

using namespace shardmill;                 // NOLINT: test
using namespace shardmill::http::kinesis;  // NOLINT: test

namespace {

// The padding that the server gives, filled with what might mislead.
std::string padded(const std::string& body) {
  return body + std::string(http::kBodyPadding, '"');
}

class Parsed {
 public:
  explicit Parsed(const std::string& body)
      : body_(padded(body)), size_(body.size()), parser_(PutParser::create()) {}
  const PutRequest* records() { return parser_->parse_records(view()); }
  const PutRequest* record() { return parser_->parse_record(view()); }

 private:
  [[nodiscard]] std::string_view view() const { return std::string_view(body_).substr(0, size_); }
  std::string body_;
  std::size_t size_;
  std::unique_ptr<PutParser> parser_;
};

void check_same(const PutRequest& fast, const std::string& body) {
  nlohmann::json slow = nlohmann::json::parse(body, nullptr, false);
  REQUIRE_FALSE(slow.is_discarded());
  if (!fast.stream_name.empty()) REQUIRE(slow.at("StreamName") == fast.stream_name);
  const nlohmann::json& records = slow.at("Records");
  REQUIRE(records.size() == fast.entries.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    REQUIRE(records[i].at("Data") == fast.entries[i].data);
    REQUIRE(records[i].at("PartitionKey") == fast.entries[i].partition_key);
    REQUIRE(records[i].contains("ExplicitHashKey") == fast.entries[i].hash_key.has_value());
    if (fast.entries[i].hash_key)
      REQUIRE(records[i].at("ExplicitHashKey") == to_decimal(*fast.entries[i].hash_key));
  }
}

}  // namespace

TEST_CASE("An ordinary PutRecords body is read in place") {
  Parsed parsed(R"({"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"k"},)"
                R"({"PartitionKey":"\u00fc","ExplicitHashKey":"5","Data":""}]})");
  const PutRequest* request = parsed.records();
  REQUIRE(request != nullptr);
  CHECK(request->stream_name == "s");
  REQUIRE(request->entries.size() == 2);
  CHECK(request->entries[0].data == "aGk=");
  CHECK(request->entries[0].partition_key == "k");
  CHECK_FALSE(request->entries[0].hash_key.has_value());
  CHECK(request->entries[1].partition_key == "\u00fc");
  CHECK(request->entries[1].hash_key == HashKey{5});
  CHECK(request->entries[1].data.empty());
}

TEST_CASE("An ordinary PutRecord body is read in place") {
  Parsed parsed(R"( { "PartitionKey" : "k" , "Data" : "aGk=" , "StreamARN" : "arn" } )");
  const PutRequest* request = parsed.record();
  REQUIRE(request != nullptr);
  CHECK(request->stream_name.empty());
  CHECK(request->stream_arn == "arn");
  REQUIRE(request->entries.size() == 1);
  CHECK(request->entries[0].data == "aGk=");
}

// Found by the fuzzer: data was skipped, not taken, and a colon behind it with it.
TEST_CASE("Data with a colon behind it was taken") {
  auto body = GENERATE(as<std::string>(), R"({"StreamName":"s","PartitionKey":"k","Data":"aGk=":"k"})",
                       R"({"StreamARN":"a","Data":"aGk=":"k"},"PartitionKey":"k"})");
  CAPTURE(body);
  CHECK(Parsed(body).record() == nullptr);
  CHECK(Parsed(R"({"StreamName":"s","Records":[)" + body + "]}").records() == nullptr);
  CHECK(Parsed(R"({"StreamName":"s","Records":[{"PartitionKey":"k","Data":"aGk=":"k"}]})").records() == nullptr);
}

TEST_CASE("A body that needs a closer look is left to the long way") {
  auto body = GENERATE(
      as<std::string>(), "", "{", "[]", "null", "5", R"({"Records":[]})", R"({"StreamName":"s"})",
      R"({"Records":5})", R"({"Records":[5]})", R"({"Records":[{}]})",
      R"({"Records":[{"Data":"","PartitionKey":""}]})", R"({"Records":[{"Data":5,"PartitionKey":"a"}]})",
      R"({"Records":[{"Data":null,"PartitionKey":"a"}]})", R"({"Records":[{"Data":"\/","PartitionKey":"a"}]})",
      R"({"Records":[{"Data":"","PartitionKey":"a","ExplicitHashKey":"01"}]})",
      R"({"Records":[{"Data":"","PartitionKey":"a","Other":1}]})",
      R"({"Records":[{"Data":"","Partition\u004bey":"a"}]})",
      R"({"Records":[{"Data":"","PartitionKey":"a"}],"Other":1})",
      R"({"Records":[{"Data":"","PartitionKey":"a"}]}x)", R"({"Records":[{"Data":"","PartitionKey":"a"}]}{})",
      R"({"Records":[{"Data":"","PartitionKey":"a"},]})", R"({"Records":[{"Data":"","PartitionKey":"\ud800"}]})",
      R"({"Records":[{"Data":"","PartitionKey":"a"}]},)",
      "{\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"\xff\"}]}");
  INFO(body);
  CHECK(Parsed(body).records() == nullptr);
}

TEST_CASE("501 records are left to the long way, 500 are not") {
  for (int count : {500, 501}) {
    std::string body = R"({"StreamName":"s","Records":[)";
    for (int i = 0; i < count; ++i) body += R"({"Data":"aGk=","PartitionKey":"k"},)";
    body.back() = ']';
    body += '}';
    CHECK((Parsed(body).records() != nullptr) == (count == 500));
  }
}

TEST_CASE("Whatever is cut from a good body, or changed in it, is never read differently than by the slow parser") {
  const std::string good =
      R"({"StreamName":"events","Records":[{"Data":"aGVsbG8=","PartitionKey":"pl\u00e4yer-1"},)"
      R"({"Data":"","PartitionKey":"b","ExplicitHashKey":"340282366920938463463374607431768211455"}]})";
  std::mt19937 random(7);
  static constexpr std::string_view kMisleading = "{}[]\",:\\ \n0a\xc3\x80";
  int taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = good;
    for (unsigned edits = random() % 4; edits > 0; --edits) {
      std::size_t at = random() % body.size();
      char c = kMisleading[random() % kMisleading.size()];
      switch (random() % 3) {
        case 0:
          body[at] = c;
          break;
        case 1:
          body.insert(at, 1, c);
          break;
        default:
          body.erase(at, 1 + random() % 3);
      }
    }
    Parsed parsed(body);
    if (const PutRequest* request = parsed.records()) {
      INFO(body);
      check_same(*request, body);
      ++taken;
    }
  }
  CHECK(taken > 1000);
}

TEST_CASE("A parser is used again and again, for bodies of any size") {
  auto parser = PutParser::create();
  for (std::size_t size : {1u, 100'000u, 10u, 2'000'000u, 1u}) {
    std::string body =
        padded(R"({"StreamName":"s","Data":")" + std::string(size * 4, 'A') + R"(","PartitionKey":"k"})");
    const PutRequest* request =
        parser->parse_record(std::string_view(body).substr(0, body.size() - http::kBodyPadding));
    REQUIRE(request != nullptr);
    CHECK(request->entries.front().data.size() == size * 4);
  }
  CHECK(parser->is_large());
}
