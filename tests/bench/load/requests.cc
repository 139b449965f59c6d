#include "tests/bench/load/requests.h"

#include <cstring>
#include <random>

#include <fmt/format.h>

namespace shardmill::bench {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kKeyDigits = 8;

// `in` has a multiple of three bytes.
void put_base64(char* out, std::string_view in) {
  for (std::size_t i = 0; i + 2 < in.size(); i += 3) {
    auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(in[at])); };
    std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) *out++ = kAlphabet[bits >> shift & 63];
  }
}

std::string base64(std::string in) {
  std::size_t padding = (3 - in.size() % 3) % 3;
  in.append(padding, '\0');
  std::string out(in.size() / 3 * 4, '=');
  put_base64(out.data(), in);
  for (std::size_t i = 0; i < padding; ++i) out[out.size() - 1 - i] = '=';
  return out;
}

// Loopback servers take any credentials, but some want a header that looks like a signature.
std::string head(const RequestShape& shape, std::string_view operation, std::size_t body_size) {
  return fmt::format(
      "POST / HTTP/1.1\r\n"
      "Host: {}\r\n"
      "Content-Type: application/x-amz-json-1.1\r\n"
      "X-Amz-Target: Kinesis_20131202.{}\r\n"
      "X-Amz-Date: 20260101T000000Z\r\n"
      "Authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/kinesis/aws4_request, "
      "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
      "Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n"
      "Content-Length: {}\r\n\r\n",
      shape.host, operation, body_size);
}

std::string key_digits(std::uint64_t number) {
  return fmt::format("{:0{}}", number % 100'000'000, kKeyDigits);
}

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

std::vector<std::string> put_records_requests(const RequestShape& shape, std::size_t count) {
  std::mt19937_64 random(20260101);
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < count; ++i) {
    std::string body = "{\"Records\":[";
    for (std::size_t record = 0; record < shape.records; ++record) {
      body += fmt::format("{}{{\"Data\":\"{}\",\"PartitionKey\":\"player-{}\"}}", record == 0 ? "" : ",",
                          base64(random_bytes(random, shape.data_size)), key_digits(random()));
    }
    body += fmt::format("],\"StreamName\":\"{}\"}}", shape.stream);
    requests.push_back(head(shape, "PutRecords", body.size()) + body);
  }
  return requests;
}

StampedRequest::StampedRequest(const RequestShape& shape) {
  std::mt19937_64 random(20260101);
  std::size_t rest = shape.data_size > sizeof(Stamp) ? shape.data_size - sizeof(Stamp) : 0;
  std::string body = "{\"Data\":\"";
  std::size_t data_in_body = body.size();
  body += base64(std::string(sizeof(Stamp), '\0') + random_bytes(random, rest));
  body += "\",\"PartitionKey\":\"player-";
  std::size_t key_in_body = body.size();
  body += fmt::format("{}\",\"StreamName\":\"{}\"}}", key_digits(0), shape.stream);
  std::string start = head(shape, "PutRecord", body.size());
  data_at_ = start.size() + data_in_body;
  key_at_ = start.size() + key_in_body;
  text_ = start + body;
}

std::string_view StampedRequest::stamped(std::int64_t sent_ns, std::uint64_t number) {
  Stamp stamp{sent_ns, number, 0};
  put_base64(text_.data() + data_at_, {reinterpret_cast<const char*>(&stamp), sizeof stamp});
  std::string key = key_digits(number * 7919);
  std::memcpy(text_.data() + key_at_, key.data(), key.size());
  return text_;
}

}  // namespace shardmill::bench
