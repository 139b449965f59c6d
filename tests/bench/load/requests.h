// Requests of the Kinesis API, built before the clock starts: the generator shares two cores with what it measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shardmill::bench {

struct RequestShape {
  std::string host;    // for the Host header
  std::string stream;  // name
  std::size_t records = 500;
  std::size_t data_size = 200;  // bytes of each record's data, before base64
};

// `count` different PutRecords requests, head and body, with random data and random partition keys.
std::vector<std::string> put_records_requests(const RequestShape& shape, std::size_t count);

// One PutRecord request whose data opens with the time of sending.
class StampedRequest {
 public:
  explicit StampedRequest(const RequestShape& shape);
  // The request with this time and number in it, and a partition key that follows from the number.
  std::string_view stamped(std::int64_t sent_ns, std::uint64_t number);

 private:
  std::string text_;
  std::size_t data_at_ = 0;
  std::size_t key_at_ = 0;
};

// What a StampedRequest's data opens with, little-endian. 24 bytes: base64 of it needs no padding.
struct Stamp {
  std::int64_t sent_ns;  // CLOCK_MONOTONIC
  std::uint64_t number;
  std::uint64_t unused;
};
static_assert(sizeof(Stamp) == 24);

}  // namespace shardmill::bench
