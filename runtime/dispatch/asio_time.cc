#include "dispatch/asio_time.h"

#include <optional>
#include <random>

#include <boost/asio/steady_timer.hpp>

#include "dispatch/suspend.h"

namespace shardmill::dispatch {
namespace {

// Survives its alarm for as long as a handler of its timer may still run.
struct AlarmState : std::enable_shared_from_this<AlarmState> {
  explicit AlarmState(boost::asio::any_io_executor on) : executor(std::move(on)) {}

  void sleep(std::optional<SteadyTime> until, Resume<bool> resume) {
    if (std::exchange(woken, false)) return resume(true);
    waiting = std::move(resume);
    if (!until) return;
    if (!timer) timer.emplace(executor);
    timer->expires_at(*until);
    // The count tells a timer that went off just as its wait was woken from one of the wait that is on now.
    timer->async_wait([self = shared_from_this(), mine = ++waits](const boost::system::error_code& error) {
      if (!error && mine == self->waits && self->waiting) std::exchange(self->waiting, {})(false);
    });
  }
  void wake() {
    if (!waiting) {
      woken = true;
      return;
    }
    ++waits;
    if (timer) timer->cancel();
    std::exchange(waiting, {})(true);
  }

  // Whoever waits waits no more, and never goes on.
  void drop() {
    if (timer) timer->cancel();
    std::exchange(waiting, {});
  }

  const boost::asio::any_io_executor executor;
  std::optional<boost::asio::steady_timer> timer;
  Resume<bool> waiting;
  bool woken = false;
  std::uint64_t waits = 0;
};

class AsioAlarm final : public Alarm {
 public:
  explicit AsioAlarm(boost::asio::any_io_executor executor)
      : state_(std::make_shared<AlarmState>(std::move(executor))) {}
  ~AsioAlarm() override { state_->drop(); }

  Task<bool> wait(std::optional<SteadyTime> until) override {
    return suspend<bool>([state = state_, until](Resume<bool> resume) { state->sleep(until, std::move(resume)); });
  }
  void wake() override { state_->wake(); }

 private:
  const std::shared_ptr<AlarmState> state_;
};

}  // namespace

WallTime SystemClock::now() const {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

SteadyTime SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

std::unique_ptr<Alarm> AsioTimers::alarm() {
  return std::make_unique<AsioAlarm>(executor_);
}

std::uint64_t SeededRandom::next() {
  constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;
  std::uint64_t z = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::uint64_t system_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace shardmill::dispatch
