// Clocks and figures of the load generator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <vector>

namespace shardmill::bench {

// The clock that generator, server and functions share, in nanoseconds.
inline std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

// CPU time of this process so far, in seconds.
inline double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// The value below which `share` of the samples lie; 0 when there are none. Reorders them.
inline std::int64_t quantile(std::vector<std::int64_t>& samples, double share) {
  if (samples.empty()) return 0;
  auto rank = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(rank), samples.end());
  return samples[rank];
}

}  // namespace shardmill::bench
