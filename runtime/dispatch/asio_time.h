// Real time and chance for the runtime: the implementations of api/clock.h that tests replace.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "api/clock.h"

namespace shardmill::dispatch {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override;
  [[nodiscard]] SteadyTime steady() const override;
};

// Alarms of one executor. An alarm that waits without a time costs no timer.
class AsioTimers final : public Timers {
 public:
  explicit AsioTimers(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  std::unique_ptr<Alarm> alarm() override;

 private:
  const boost::asio::any_io_executor executor_;
};

// SplitMix64: any thread, no lock, and the same numbers from the same seed.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::atomic<std::uint64_t> state_;
};

// A seed from the system's entropy.
[[nodiscard]] std::uint64_t system_seed();

}  // namespace shardmill::dispatch
