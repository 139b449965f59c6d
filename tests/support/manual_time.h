// Time that stands still until a test moves it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "api/clock.h"

namespace shardmill::test {

// Clock and timers over one moment in time. One thread. Outlives its alarms.
class ManualTime final : public Clock, public Timers {
 public:
  explicit ManualTime(WallTime start) : start_(start) {}

  [[nodiscard]] WallTime now() const override;
  [[nodiscard]] SteadyTime steady() const override { return now_; }
  std::unique_ptr<Alarm> alarm() override;

  // When the next alarm is due; nothing if none is set.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  // Moves time to `to` (never back) and sets off the alarms that are due then.
  void move_to(SteadyTime to);
  // Whoever sleeps on an alarm never goes on, as if the process had ended.
  void drop_waiting();
  // Alarms that wait with a time.
  [[nodiscard]] std::size_t timers_set() const { return due_.size(); }

 private:
  class ManualAlarm;
  const WallTime start_;
  SteadyTime now_{std::chrono::hours(1)};
  std::multimap<SteadyTime, ManualAlarm*> due_;
  std::set<ManualAlarm*> alarms_;
};

}  // namespace shardmill::test
