// Chance that repeats from its seed, on every machine and with every library.
#pragma once

#include <cstdint>
#include <random>

namespace shardmill::app {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // Even over 0 .. last.
  std::uint64_t up_to(std::uint64_t last) {
    if (last == ~std::uint64_t{0}) return engine_();
    std::uint64_t sides = last + 1;
    std::uint64_t even =
        ~std::uint64_t{0} - ~std::uint64_t{0} % sides;  // beyond it the low faces would come too often
    std::uint64_t thrown = engine_();
    while (thrown >= even) thrown = engine_();
    return thrown % sides;
  }
  // Even over first .. last.
  std::int64_t between(std::int64_t first, std::int64_t last) {
    auto span = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + up_to(span));
  }
  // 0 <= x < 1
  double fraction() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace shardmill::app
