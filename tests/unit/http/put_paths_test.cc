// The two ways of a put, against each other: what the fast one answers at once, the checked one must answer the same.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "http/kinesis/service.h"
#include "support/manual_time.h"
#include "support/memory_streams.h"

using namespace shardmill;  // NOLINT: test

namespace {

// The API over streams in memory.
class Front {
 public:
  Front() { streams_.create_now("s", 1); }

  http::Response call(const std::string& operation, const std::string& body) {
    const std::string padded = body + std::string(http::kBodyPadding, '"');
    const std::string target = "Kinesis_20131202." + operation;
    const http::Request request{
        .method = "POST",
        .target = "/",
        .path = "/",
        .query = {},
        .headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", target}},
        .body = std::string_view(padded).substr(0, body.size())};
    std::optional<http::Response> response;
    auto ask = [&]() -> Task<void> { response = co_await service_->handle(request); };
    boost::asio::co_spawn(io_, ask(), boost::asio::detached);
    do {
      io_.restart();
      io_.poll();
    } while (streams_.pump());
    io_.restart();
    io_.poll();
    REQUIRE(response.has_value());
    return *response;
  }

  [[nodiscard]] std::vector<test::TestRecord> records() const { return streams_.records("s"); }

 private:
  boost::asio::io_context io_{1};
  test::ManualTime time_{WallTime{1'700'000'000'000}};
  test::MemoryStreams streams_{time_};
  std::unique_ptr<http::Service> service_ =
      http::kinesis::make_service({streams_, streams_, streams_, time_}, {}, http::kinesis::TokenKey{});
};

// A member that nobody knows is ignored, and makes the fast way step aside.
constexpr std::string_view kUnknown = R"(,"Unknown":0})";

std::string record_body(const std::string& data, std::string_view end) {
  return R"({"StreamName":"s","PartitionKey":"k","Data":")" + data + '"' + std::string(end);
}

std::string records_body(const std::string& data, std::string_view end) {
  return R"({"StreamName":"s","Records":[{"PartitionKey":"k","Data":"AA=="},{"PartitionKey":"k","Data":")" + data +
         R"("}])" + std::string(end);
}

// Characters of base64, now and then padding or one that is not of it, of any length; half of them are well formed.
std::string random_text(std::mt19937& random) {
  static constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static constexpr std::string_view kForeign = "=-_ .!";
  std::string text(random() % 90, 'A');
  for (char& c : text) c = kCharacters[random() % kCharacters.size()];
  if (random() % 2 == 0) text = base64_encode(as_bytes(text));
  if (text.empty()) return text;
  for (std::size_t padding = std::min<std::size_t>(random() % 3, text.size()); padding > 0; --padding) {
    text[text.size() - padding] = '=';
  }
  if (random() % 8 == 0) text[random() % text.size()] = kForeign[random() % kForeign.size()];
  return text;
}

}  // namespace

TEST_CASE("Data that both ways of a put take, or refuse in the same words") {
  Front fast;
  Front checked;
  std::mt19937 random(11);
  std::size_t taken = 0;
  for (int round = 0; round < 4'000; ++round) {
    const std::string data = random_text(random);
    INFO(data);
    const bool single = random() % 2 == 0;
    const std::string operation = single ? "PutRecord" : "PutRecords";
    auto body = [&](std::string_view end) { return single ? record_body(data, end) : records_body(data, end); };
    http::Response one = fast.call(operation, body("}"));
    http::Response other = checked.call(operation, body(kUnknown));
    REQUIRE(one.status == other.status);
    REQUIRE(one.body == other.body);
    if (one.status == 200) ++taken;
  }
  CHECK(fast.records() == checked.records());
  CHECK(taken > 500);
  CHECK(taken < 3'500);
}

TEST_CASE("Data with bits set beyond its last byte was taken by the fast way only") {
  Front front;
  for (std::string_view end : {std::string_view("}"), kUnknown}) {
    for (const std::string data : {"+/+=", "Zh=="}) {
      const std::string wanted =
          "'" + data + "' can not be converted to a Blob: Invalid last non-pad Base64 character dectected";
      for (const http::Response& response :
           {front.call("PutRecord", record_body(data, end)), front.call("PutRecords", records_body(data, end))}) {
        CHECK(response.status == 400);
        CHECK(nlohmann::json::parse(response.body).at("__type") == "SerializationException");
        CHECK(nlohmann::json::parse(response.body).dump().find(wanted) != std::string::npos);
      }
    }
  }
  CHECK(front.records().empty());
}
