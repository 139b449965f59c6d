#include "http/kinesis/shard_filter.h"

#include <catch2/catch.hpp>

using namespace shardmill;                 // NOLINT: test
using namespace shardmill::http::kinesis;  // NOLINT: test

namespace {

constexpr std::int64_t kHour = 3'600'000;

// A stream of a hundred hours, keeping 24: shard 0 from the start to hour 50, shard 1 from 50 to 90, shard 2 since 90.
struct Fixture {
  Fixture() {
    stream.retention_hours = 24;
    stream.created = {1};
    shards[0].created = {1};
    close(shards[0], 50);
    shards[1].created = {50 * kHour};
    close(shards[1], 90);
    shards[2].created = {90 * kHour};
  }
  static void close(ShardInfo& shard, std::int64_t hour) {
    shard.closed_at = Position{5};
    shard.closed = {hour * kHour};
  }
  [[nodiscard]] std::string passing(ShardFilterType type, std::int64_t hour = 0) const {
    std::string out;
    for (int i = 0; i < 3; ++i) {
      if (passes({type, {hour * kHour}}, stream, shards[i], {100 * kHour})) out += static_cast<char>('0' + i);
    }
    return out;
  }
  StreamInfo stream;
  ShardInfo shards[3];
};

}  // namespace

TEST_CASE_METHOD(Fixture, "Filters by the trim horizon see what was open when the oldest kept record came") {
  CHECK(passing(ShardFilterType::at_trim_horizon) == "1");  // hour 76
  CHECK(passing(ShardFilterType::from_trim_horizon) == "012");
  stream.retention_hours = 60;  // hour 40
  CHECK(passing(ShardFilterType::at_trim_horizon) == "0");
  stream.retention_hours = 8760;  // the start of the stream
  CHECK(passing(ShardFilterType::at_trim_horizon) == "0");
}

TEST_CASE_METHOD(Fixture, "The latest shards are the open ones") {
  CHECK(passing(ShardFilterType::at_latest) == "2");
}

TEST_CASE_METHOD(Fixture, "Filters by time never reach behind the trim horizon") {
  CHECK(passing(ShardFilterType::at_timestamp, 80) == "1");
  CHECK(passing(ShardFilterType::at_timestamp, 95) == "2");
  CHECK(passing(ShardFilterType::at_timestamp, 10) == "1");
  CHECK(passing(ShardFilterType::from_timestamp, 80) == "12");
  CHECK(passing(ShardFilterType::from_timestamp, 95) == "2");
  CHECK(passing(ShardFilterType::from_timestamp, 10) == "12");
  CHECK(needs_time(ShardFilterType::at_timestamp));
  CHECK_FALSE(needs_time(ShardFilterType::at_latest));
}
