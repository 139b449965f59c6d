// Lets one coroutine at a time through, on whatever loop it runs: for changes that read, decide and write.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "api/task.h"

namespace shardmill::http::kinesis {

// Any thread. Must outlive its passes.
class Turnstile {
 public:
  // Held while inside; letting go of it lets the next one in.
  class Pass {
   public:
    explicit Pass(Turnstile& turnstile) : turnstile_(&turnstile) {}
    Pass(Pass&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (turnstile_ != nullptr) turnstile_->leave();
    }

   private:
    Turnstile* turnstile_;
  };

  // In the order of the calls.
  Task<Pass> enter() {
    co_await await_callback<bool>([this](Callback<bool> enter) { wait(std::move(enter)); });
    co_return Pass(*this);
  }

 private:
  void wait(Callback<bool> enter);
  void leave();

  std::mutex mutex_;
  bool taken_ = false;                  // guarded by mutex_
  std::deque<Callback<bool>> waiting_;  // guarded by mutex_
};

}  // namespace shardmill::http::kinesis
