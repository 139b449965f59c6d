#include "http/kinesis/rate_limits.h"

#include <catch2/catch.hpp>

using namespace shardmill;                 // NOLINT: test
using namespace shardmill::http::kinesis;  // NOLINT: test

namespace {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override { return {0}; }
  [[nodiscard]] SteadyTime steady() const override { return time_; }
  void advance(std::chrono::milliseconds by) { time_ += by; }

 private:
  SteadyTime time_{std::chrono::hours(1)};
};

struct Fixture {
  int admit(int records, std::size_t bytes, ShardKey shard = ShardKey{1}) {
    int admitted = 0;
    for (int i = 0; i < records; ++i) admitted += limits.admit_write(shard, bytes) ? 1 : 0;
    return admitted;
  }
  ManualClock clock;
  RateLimits limits{clock};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "A shard takes a thousand records a second") {
  CHECK(admit(1500, 1) == 1000);
  CHECK(admit(1, 1) == 0);
  clock.advance(std::chrono::milliseconds(100));
  CHECK(admit(1500, 1) == 100);
  clock.advance(std::chrono::hours(1));
  CHECK(admit(1500, 1) == 1000);
}

TEST_CASE_METHOD(Fixture, "A shard takes one MiB a second") {
  CHECK(admit(10, 256 * 1024) == 4);
  clock.advance(std::chrono::milliseconds(250));
  CHECK(admit(10, 256 * 1024) == 1);
}

TEST_CASE_METHOD(Fixture, "A record of just the largest size goes into a shard that is at rest") {
  CHECK(admit(2, 1024 * 1024) == 1);
  clock.advance(std::chrono::seconds(1));
  CHECK(admit(1, 1024 * 1024) == 1);
}

TEST_CASE_METHOD(Fixture, "Shards have limits of their own") {
  CHECK(admit(1001, 1, ShardKey{1}) == 1000);
  CHECK(admit(1001, 1, ShardKey{2}) == 1000);
}

TEST_CASE_METHOD(Fixture, "A shard is read five times a second") {
  for (int i = 0; i < 5; ++i) CHECK(limits.admit_read(ShardKey{1}));
  CHECK_FALSE(limits.admit_read(ShardKey{1}));
  clock.advance(std::chrono::milliseconds(200));
  CHECK(limits.admit_read(ShardKey{1}));
  CHECK_FALSE(limits.admit_read(ShardKey{1}));
}

TEST_CASE_METHOD(Fixture, "An answer of 10 MiB keeps the shard shut for the next four seconds and some") {
  REQUIRE(limits.admit_read(ShardKey{1}));
  limits.charge_read(ShardKey{1}, 10 * 1024 * 1024);
  clock.advance(std::chrono::milliseconds(3900));
  CHECK_FALSE(limits.admit_read(ShardKey{1}));
  clock.advance(std::chrono::milliseconds(200));
  CHECK(limits.admit_read(ShardKey{1}));
}
