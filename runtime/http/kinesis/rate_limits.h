// AWS's limits of a shard, for streams that enforce them: 1,000 records/s and 1 MiB/s in, 5 reads/s and 2 MiB/s out.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "api/clock.h"
#include "api/ids.h"

namespace shardmill::http::kinesis {

// Tokens that come back at a steady rate, up to one second's worth.
class TokenBucket {
 public:
  explicit TokenBucket(double per_second) : per_second_(per_second), tokens_(per_second) {}
  void refill(SteadyTime now);
  [[nodiscard]] bool has(double tokens) const { return tokens_ >= tokens; }
  // May go below zero: then it takes longer until there are tokens again.
  void take(double tokens) { tokens_ -= tokens; }

 private:
  double per_second_;
  double tokens_;
  SteadyTime filled_{};
};

// Any thread.
class RateLimits {
 public:
  explicit RateLimits(const Clock& clock) : clock_(clock) {}
  // Whether the shard takes one more record of that size (data and partition key); if so it is counted.
  bool admit_write(ShardKey shard, std::size_t bytes);
  // Whether the shard may be read now; if so the call is counted.
  bool admit_read(ShardKey shard);
  // What an admitted read gave: a large answer keeps the shard shut for as many seconds as it is worth.
  void charge_read(ShardKey shard, std::size_t bytes);

 private:
  struct Buckets {
    TokenBucket records_in{1000};
    TokenBucket bytes_in{1024 * 1024};
    TokenBucket calls_out{5};
    TokenBucket bytes_out{2 * 1024 * 1024};
  };
  Buckets& buckets(ShardKey shard);

  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<ShardKey, Buckets> shards_;  // guarded by mutex_
};

}  // namespace shardmill::http::kinesis
