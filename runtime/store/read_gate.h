// Lets the writer keep readers out for a moment. SQLite starts the write-ahead log anew only when no reader is in it;
// with readers that never pause it would grow without bound.
#pragma once

#include <condition_variable>
#include <mutex>

namespace shardmill::store {

class ReadGate {
 public:
  // A reader is inside for the life of this.
  class Pass {
   public:
    explicit Pass(ReadGate& gate) : gate_(gate) {
      std::unique_lock lock(gate_.mutex_);
      gate_.opened_.wait(lock, [&] { return !gate_.closed_; });
      ++gate_.inside_;
    }
    ~Pass() {
      std::lock_guard lock(gate_.mutex_);
      if (--gate_.inside_ == 0) gate_.emptied_.notify_all();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    ReadGate& gate_;
  };

  // No reader is inside for the life of this. One at a time.
  class Closure {
   public:
    explicit Closure(ReadGate& gate) : gate_(gate) {
      std::unique_lock lock(gate_.mutex_);
      gate_.closed_ = true;
      gate_.emptied_.wait(lock, [&] { return gate_.inside_ == 0; });
    }
    ~Closure() {
      std::lock_guard lock(gate_.mutex_);
      gate_.closed_ = false;
      gate_.opened_.notify_all();
    }
    Closure(const Closure&) = delete;
    Closure& operator=(const Closure&) = delete;

   private:
    ReadGate& gate_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  std::condition_variable emptied_;
  bool closed_ = false;  // guarded by mutex_
  int inside_ = 0;       // guarded by mutex_
};

}  // namespace shardmill::store
