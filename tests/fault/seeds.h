// Which histories a test runs: those of the seeds 1 to n, so that every run does the same. SHARDMILL_SEEDS=n runs so
// many, SHARDMILL_SEED=s only that one. What is printed at the end has the bound that it gives (3/n, at 95 %).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace shardmill::test {

inline std::uint64_t number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

struct SeedCount {
  std::uint64_t plain;
  std::uint64_t sanitized;  // in a build that is several times slower
};

// `run` makes the history of a seed and returns what must not be, or an empty text.
template <class Run>
void for_seeds(std::string_view name, [[maybe_unused]] SeedCount usual, Run run) {
#ifdef SHARDMILL_SANITIZED
  std::uint64_t count = usual.sanitized;
#else
  std::uint64_t count = usual.plain;
#endif
  if (std::uint64_t wanted = number_in("SHARDMILL_SEEDS"); wanted > 0) count = wanted;
  std::uint64_t only = number_in("SHARDMILL_SEED");
  std::uint64_t first = only > 0 ? only : 1;
  std::uint64_t last = only > 0 ? only : count;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    std::string finding = run(seed);
    if (!finding.empty()) FAIL(fmt::format("SHARDMILL_SEED={}: {}", seed, finding));
  }
  std::uint64_t done = last - first + 1;
  fmt::print("{}: 0 bad in {} histories, SHARDMILL_SEED={} to {}; 3/n = {:.2g}\n", name, done, first, last,
             3.0 / static_cast<double>(done));
}

}  // namespace shardmill::test
