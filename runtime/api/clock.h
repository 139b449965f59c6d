// Time and chance come in from outside, so that tests drive them by hand and replay a run from its seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "api/ids.h"
#include "api/task.h"
#include "base/interface.h"

namespace shardmill {

using SteadyTime = std::chrono::steady_clock::time_point;

// Any thread.
class Clock : public Interface {
 public:
  [[nodiscard]] virtual WallTime now() const = 0;
  // Never goes back; for measuring and for deadlines.
  [[nodiscard]] virtual SteadyTime steady() const = 0;
};

// Something one coroutine sleeps on. One executor: wait() and wake() are called on the one that made it.
class Alarm : public Interface {
 public:
  // Returns at the next wake(), or at once if one came since the last wait() returned, or at `until`.
  // True when it was woken, false when the time came. At most one wait at a time.
  virtual Task<bool> wait(std::optional<SteadyTime> until) = 0;
  virtual void wake() = 0;
};

class Timers : public Interface {
 public:
  virtual std::unique_ptr<Alarm> alarm() = 0;
};

// Any thread.
class Random : public Interface {
 public:
  virtual std::uint64_t next() = 0;  // 64 even bits
};

}  // namespace shardmill
