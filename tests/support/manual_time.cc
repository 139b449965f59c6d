#include "support/manual_time.h"

#include <vector>

#include "dispatch/suspend.h"

namespace shardmill::test {

class ManualTime::ManualAlarm final : public Alarm {
 public:
  explicit ManualAlarm(ManualTime& time) : time_(time) { time_.alarms_.insert(this); }
  ~ManualAlarm() override {
    forget();
    time_.alarms_.erase(this);
  }

  Task<bool> wait(std::optional<SteadyTime> until) override {
    return dispatch::suspend<bool>([this, until](dispatch::Resume<bool> resume) {
      if (std::exchange(woken_, false)) return resume(true);
      if (until && *until <= time_.now_) return resume(false);
      resume_ = std::move(resume);
      if (until) set_ = time_.due_.emplace(*until, this);
    });
  }
  void wake() override {
    if (!resume_) {
      woken_ = true;
      return;
    }
    forget();
    std::exchange(resume_, {})(true);
  }
  dispatch::Resume<bool> drop() {
    forget();
    return std::exchange(resume_, {});
  }
  void go_off() {
    forget();
    std::exchange(resume_, {})(false);
  }

 private:
  void forget() {
    if (set_) time_.due_.erase(*set_);
    set_.reset();
  }

  ManualTime& time_;
  std::optional<std::multimap<SteadyTime, ManualAlarm*>::iterator> set_;
  dispatch::Resume<bool> resume_;
  bool woken_ = false;
};

WallTime ManualTime::now() const {
  auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - SteadyTime(std::chrono::hours(1)));
  return {start_.ms + since.count()};
}

std::unique_ptr<Alarm> ManualTime::alarm() {
  return std::make_unique<ManualAlarm>(*this);
}

std::optional<SteadyTime> ManualTime::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

void ManualTime::move_to(SteadyTime to) {
  if (to > now_) now_ = to;
  while (!due_.empty() && due_.begin()->first <= now_) due_.begin()->second->go_off();
}

void ManualTime::drop_waiting() {
  // Dropping a sleeper destroys alarms.
  std::vector<dispatch::Resume<bool>> sleepers;
  for (ManualAlarm* alarm : alarms_) sleepers.push_back(alarm->drop());
}

}  // namespace shardmill::test
