// How long to wait before doing again what failed: exponential backoff with equal jitter.
#pragma once

#include <chrono>
#include <cstdint>

namespace shardmill::dispatch {

struct Backoff {
  std::chrono::milliseconds first;  // longest delay after the first failure
  std::chrono::milliseconds cap;    // longest delay after any number of failures
};

// A failing batch: 0.5-1 s, 1-2 s, 2-4 s ... 30-60 s. About seven calls in the first minute, then two to three a
// minute until it succeeds or its records expire.
inline constexpr Backoff kBatchBackoff{std::chrono::seconds(1), std::chrono::seconds(60)};

// A settle that the store has no space for. The function is not called again, so trying is cheap.
inline constexpr Backoff kSettleBackoff{std::chrono::milliseconds(200), std::chrono::seconds(5)};

// The delay after the `failures`-th failure in a row (from 1): half of it fixed, half of it by `chance` (64 even
// bits), so that lanes which failed together do not come back together.
[[nodiscard]] inline std::chrono::milliseconds retry_delay(const Backoff& backoff, std::uint32_t failures,
                                                           std::uint64_t chance) {
  auto longest = backoff.first;
  for (std::uint32_t i = 1; i < failures && longest < backoff.cap; ++i) longest *= 2;
  if (longest > backoff.cap) longest = backoff.cap;
  auto half = static_cast<std::uint64_t>(longest.count()) / 2;
  return std::chrono::milliseconds(static_cast<std::int64_t>(half + chance % (half + 1)));
}

}  // namespace shardmill::dispatch
