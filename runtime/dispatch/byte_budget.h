// Bounds the bytes of all batches and outputs that lanes hold at one time.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "dispatch/suspend.h"

namespace shardmill::dispatch {

// First come, first served, so that a lane with a large batch is not starved by small ones; and one holder is always
// admitted, whatever it asks for, so that nothing can wedge. One executor.
class ByteBudget : public std::enable_shared_from_this<ByteBudget> {
 public:
  // Bytes that are held until it is destroyed.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept { swap(other); }
    Reservation& operator=(Reservation&& other) noexcept {
      Reservation(std::move(other)).swap(*this);
      return *this;
    }
    ~Reservation() {
      if (budget_) budget_->resize(bytes_, 0);
    }

    // Corrects an estimate. Never waits: growing takes what is there already, beyond the limit if need be.
    void resize(std::size_t bytes) {
      if (budget_) budget_->resize(bytes_, bytes);
      bytes_ = bytes;
    }

   private:
    friend class ByteBudget;
    Reservation(std::shared_ptr<ByteBudget> budget, std::size_t bytes)
        : budget_(std::move(budget)), bytes_(bytes) {}
    void swap(Reservation& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
    }

    std::shared_ptr<ByteBudget> budget_;  // shared: lanes that are torn down last still give back
    std::size_t bytes_ = 0;
  };

  explicit ByteBudget(std::size_t limit) : limit_(limit) {}

  // Waits until `bytes` fit, or nobody else holds any.
  Task<Reservation> acquire(std::size_t bytes);
  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }

 private:
  struct Waiting {
    std::size_t bytes;
    Resume<> resume;
  };
  [[nodiscard]] bool fits(std::size_t bytes) const { return held_ == 0 || held_ + bytes <= limit_; }
  void resize(std::size_t from, std::size_t to);

  const std::size_t limit_;
  std::size_t held_ = 0;  // granted, whether or not the waiter has run since
  std::deque<Waiting> waiting_;
};

}  // namespace shardmill::dispatch
