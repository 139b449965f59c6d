// Lines to records to requests, and what the answers mean.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "app/put/batch.h"
#include "app/put/record.h"

using namespace shardmill;
using namespace shardmill::app;
using nlohmann::json;

namespace {

std::vector<std::string> lines_of(const std::vector<std::string>& pieces) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  auto take = [&] {
    while (auto line = splitter.next()) lines.push_back(std::to_string(line->number) + ":" + line->text);
  };
  for (const std::string& piece : pieces) {
    splitter.add(piece);
    take();
  }
  splitter.end();
  take();
  return lines;
}

std::string refusal(const std::string& line, const RecordRules& rules) {
  auto record = make_record(line, 1, rules);
  REQUIRE_FALSE(record);
  return record.error().text;
}

}  // namespace

TEST_CASE("lines are found wherever the input is cut") {
  using Lines = std::vector<std::string>;
  CHECK(lines_of({"one\ntwo\n"}) == Lines{"1:one", "2:two"});
  CHECK(lines_of({"on", "e\nt", "wo"}) == Lines{"1:one", "2:two"});
  CHECK(lines_of({"one\r", "\ntwo\r\n"}) == Lines{"1:one", "2:two"});
  CHECK(lines_of({"one\n\n\nfour\n"}) == Lines{"1:one", "4:four"});
  CHECK(lines_of({"", "\n"}) == Lines{});
  CHECK(lines_of({"a\n", "b\n", "c"}) == Lines{"1:a", "2:b", "3:c"});
}

TEST_CASE("a record's key is its number, the given one, or a field of it") {
  CHECK(make_record("x", 12, {})->partition_key == "12");
  CHECK(make_record("x", 12, {.partition_key = "k"})->partition_key == "k");
  RecordRules field{.key_field = "user.id"};
  auto record = make_record(R"({"user":{"id":"u7"}})", 1, field);
  REQUIRE(record);
  CHECK(record->partition_key == "u7");
  CHECK(record->data == R"({"user":{"id":"u7"}})");
  CHECK(make_record(R"({"user":{"id":7}})", 1, field)->partition_key == "7");
  CHECK(make_record(R"({"user":{"id":true}})", 1, field)->partition_key == "true");
}

TEST_CASE("lines of stream get become the records they were") {
  RecordRules rules{.as_records = true};
  auto text = make_record(R"({"shardId":"s","partitionKey":"k","data":"x\ny"})", 1, rules);
  REQUIRE(text);
  CHECK(text->partition_key == "k");
  CHECK(text->data == "x\ny");
  CHECK(make_record(R"({"partitionKey":"k","dataBase64":"/wE="})", 1, rules)->data == "\xff\x01");
}

TEST_CASE("a line that does not fit the rules is refused with the reason") {
  RecordRules field{.key_field = "user"};
  CHECK(refusal("not json", field) == "it is not JSON");
  CHECK(refusal(R"({"usr":1})", field) == "there is no field \"user\" for the partition key");
  CHECK(refusal(R"([1])", field) == "there is no field \"user\" for the partition key");
  CHECK(refusal(R"({"user":null})", field) == "the field \"user\" is null, which cannot be a partition key");
  CHECK(refusal(R"({"user":""})", field) == "the partition key has 0 characters; wanted 1 to 256");
  CHECK(refusal("x", {.partition_key = std::string(257, 'k')}) ==
        "the partition key has 257 characters; wanted 1 to 256");
  CHECK(refusal("x", {.partition_key = "\xff"}) == "the partition key is not UTF-8");
  RecordRules records{.as_records = true};
  CHECK_THAT(refusal(R"({"partitionKey":"k"})", records), Catch::Contains("either \"data\" or \"dataBase64\""));
  CHECK_THAT(refusal(R"({"partitionKey":"k","data":"","dataBase64":""})", records), Catch::Contains("either"));
  CHECK(refusal(R"({"partitionKey":"k","dataBase64":"???"})", records) == "\"dataBase64\" is not base64");
  CHECK(refusal(std::string(1 << 20, 'x'), {}) ==
        "the record has 1,048,577 bytes with its key; a record may have 1,048,576");
  CHECK(make_record(std::string((1 << 20) - 1, 'x'), 1, {}).has_value());
}

TEST_CASE("256 characters of key are fine, however many bytes they have") {
  std::string key;
  for (int i = 0; i < 256; ++i) key += "\u00e4";
  CHECK(make_record("x", 1, {.partition_key = key}).has_value());
  CHECK_FALSE(make_record("x", 1, {.partition_key = key + "a"}).has_value());
}

TEST_CASE("a batch is the request that PutRecords takes") {
  PutBatch batch;
  batch.add({"k\"1", "one"});
  batch.add({"\u00e4", "\xff"});
  json request = json::parse(batch.body("plays"));
  CHECK(request == json::parse(R"({"StreamName":"plays","Records":[{"Data":"b25l","PartitionKey":"k\"1"},
                                   {"Data":"/w==","PartitionKey":")"
                               "\u00e4"
                               R"("}]})"));
  CHECK(batch.bytes() == 9);
}

TEST_CASE("a batch holds 500 records, and fewer of big ones") {
  PutBatch batch;
  while (batch.has_room_for({"k", "x"})) batch.add({"k", "x"});
  CHECK(batch.count() == 500);
  PutBatch big;
  PutRecord record{"k", std::string(1'000'000, 'x')};
  while (big.has_room_for(record)) big.add(record);
  CHECK(big.count() == 4);
}

TEST_CASE("only the records that failed are kept for another try") {
  PutBatch batch;
  for (const char* data : {"a", "b", "c"}) batch.add({"k", data});
  auto verdict = read_put_answer(
      R"({"FailedRecordCount":2,"Records":[{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"slow"},
          {"SequenceNumber":"1","ShardId":"s"},{"ErrorCode":"InternalFailure","ErrorMessage":"?"}]})",
      3);
  REQUIRE(verdict);
  CHECK(verdict->reason == "ProvisionedThroughputExceededException: slow");
  batch.keep(verdict->failed);
  json request = json::parse(batch.body("s"));
  CHECK(batch.count() == 2);
  CHECK(batch.bytes() == 4);
  CHECK(request["Records"][0]["Data"] == "YQ==");
  CHECK(request["Records"][1]["Data"] == "Yw==");
}

TEST_CASE("an answer without failures keeps nothing, a strange one is an error") {
  auto fine = read_put_answer(R"({"FailedRecordCount":0,"Records":[]})", 3);
  REQUIRE(fine);
  CHECK(fine->failed.empty());
  for (const char* body :
       {"", "{}", "[]", "nonsense", R"({"FailedRecordCount":"0"})", R"({"FailedRecordCount":1})",
        R"({"FailedRecordCount":1,"Records":[{}]})", R"({"FailedRecordCount":1,"Records":[1,2,3]})"}) {
    INFO(body);
    CHECK_FALSE(read_put_answer(body, 3));
  }
}

TEST_CASE("a server with too much to do is tried again, a request it refuses is not") {
  CHECK(may_retry(500, ""));
  CHECK(may_retry(503, "{}"));
  CHECK(may_retry(400, R"({"__type":"LimitExceededException","message":""})"));
  CHECK_FALSE(may_retry(400, R"({"__type":"ValidationException","message":""})"));
  CHECK_FALSE(may_retry(404, ""));
}
