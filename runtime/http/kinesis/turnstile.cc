#include "http/kinesis/turnstile.h"

namespace shardmill::http::kinesis {

void Turnstile::wait(Callback<bool> enter) {
  {
    std::lock_guard lock(mutex_);
    if (taken_) {
      waiting_.push_back(std::move(enter));
      return;
    }
    taken_ = true;
  }
  enter(true);
}

void Turnstile::leave() {
  Callback<bool> next;
  {
    std::lock_guard lock(mutex_);
    taken_ = !waiting_.empty();
    if (!taken_) return;
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next(true);
}

}  // namespace shardmill::http::kinesis
