#include "http/kinesis/rate_limits.h"

#include <algorithm>

namespace shardmill::http::kinesis {
namespace {

// More than the shards of any stream. Forgetting them all means a second of full buckets, no more.
constexpr std::size_t kMostShards = 100'000;

}  // namespace

void TokenBucket::refill(SteadyTime now) {
  if (filled_ != SteadyTime{}) {
    double seconds = std::chrono::duration<double>(now - filled_).count();
    tokens_ = std::min(per_second_, tokens_ + seconds * per_second_);
  }
  filled_ = now;
}

RateLimits::Buckets& RateLimits::buckets(ShardKey shard) {
  if (shards_.size() >= kMostShards) shards_.clear();
  return shards_[shard];
}

bool RateLimits::admit_write(ShardKey shard, std::size_t bytes) {
  SteadyTime now = clock_.steady();
  std::lock_guard lock(mutex_);
  Buckets& own = buckets(shard);
  own.records_in.refill(now);
  own.bytes_in.refill(now);
  auto size = static_cast<double>(bytes);
  if (!own.records_in.has(1) || !own.bytes_in.has(std::min(size, 1024.0 * 1024))) return false;
  own.records_in.take(1);
  own.bytes_in.take(size);
  return true;
}

bool RateLimits::admit_read(ShardKey shard) {
  SteadyTime now = clock_.steady();
  std::lock_guard lock(mutex_);
  Buckets& own = buckets(shard);
  own.calls_out.refill(now);
  own.bytes_out.refill(now);
  if (!own.calls_out.has(1) || !own.bytes_out.has(0)) return false;
  own.calls_out.take(1);
  return true;
}

void RateLimits::charge_read(ShardKey shard, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  buckets(shard).bytes_out.take(static_cast<double>(bytes));
}

}  // namespace shardmill::http::kinesis
