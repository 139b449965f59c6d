// Turns the bytes of a worker's log pipe into lines: what the function prints, and what it logs with a level
// (protocol.h). Lines are bounded in length and number; what is left out is counted and said. No I/O, no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "api/clock.h"
#include "api/observer.h"
#include "worker/protocol.h"

namespace shardmill::worker {

// How much a worker may log: each line costs its bytes, and at least kLineCost.
struct LogBudget {
  static constexpr std::size_t kLineCost = 512;
  std::size_t burst = std::size_t{4} << 20;
  std::size_t per_second = std::size_t{1} << 20;
};

class LogLines {
 public:
  // Called for each line, without its newline.
  using Take = std::function<void(LogLevel level, std::string text)>;

  LogLines(Take take, SteadyTime now, LogBudget budget = {})
      : take_(std::move(take)), budget_(budget), left_(budget.burst), filled_(now) {}

  void feed(std::string_view bytes, SteadyTime now);
  // Hands over a line that has no end yet, and how many were left out since the last time.
  void flush(SteadyTime now);
  // Lines are being left out.
  [[nodiscard]] bool over_budget() const { return dropped_ > 0; }

 private:
  void add(std::string_view part);
  void end_line();
  void refill(SteadyTime now);
  void report_dropped();

  const Take take_;
  const LogBudget budget_;
  std::size_t left_;
  SteadyTime filled_;
  std::string line_;      // at most kMaxLogLine + the two bytes of a level
  std::size_t cut_ = 0;   // bytes of the line that were left out
  bool started_ = false;  // there is a line without an end
  std::uint64_t dropped_ = 0;
};

}  // namespace shardmill::worker
