// Time that stands still until the test moves it.
#pragma once

#include <atomic>
#include <optional>
#include <set>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/clock.h"

namespace shardmill::test {

class ManualTime final : public Clock, public Timers {
 public:
  explicit ManualTime(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  [[nodiscard]] WallTime now() const override { return {1'000'000'000'000 + passed().count()}; }
  [[nodiscard]] SteadyTime steady() const override { return now_; }
  std::unique_ptr<Alarm> alarm() override { return std::make_unique<ManualAlarm>(*this); }

  // On the executor's thread.
  void advance(std::chrono::milliseconds by) {
    now_ = now_.load() + by;
    for (ManualAlarm* alarm : waiting_) alarm->look();
  }

 private:
  class ManualAlarm final : public Alarm {
   public:
    explicit ManualAlarm(ManualTime& time) : time_(time), timer_(time.executor_) {}
    ~ManualAlarm() override { time_.waiting_.erase(this); }

    Task<bool> wait(std::optional<SteadyTime> until) override {
      until_ = until;
      time_.waiting_.insert(this);
      while (!woken_ && !(until_ && *until_ <= time_.steady())) {
        timer_.expires_at(boost::asio::steady_timer::time_point::max());
        boost::system::error_code cancelled;
        co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
      }
      time_.waiting_.erase(this);
      co_return std::exchange(woken_, false);
    }
    void wake() override {
      woken_ = true;
      timer_.cancel();
    }
    void look() {
      if (until_ && *until_ <= time_.steady()) timer_.cancel();
    }

   private:
    ManualTime& time_;
    boost::asio::steady_timer timer_;
    std::optional<SteadyTime> until_;
    bool woken_ = false;
  };

  [[nodiscard]] std::chrono::milliseconds passed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_.load().time_since_epoch());
  }

  boost::asio::any_io_executor executor_;
  std::atomic<SteadyTime> now_{SteadyTime{}};  // set by advance(), read by the deployer's file thread as well
  std::set<ManualAlarm*> waiting_;
};

}  // namespace shardmill::test
