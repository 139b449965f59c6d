#include "dispatch/byte_budget.h"

namespace shardmill::dispatch {

Task<ByteBudget::Reservation> ByteBudget::acquire(std::size_t bytes) {
  if (waiting_.empty() && fits(bytes)) {
    held_ += bytes;
  } else {
    co_await suspend<>([&](Resume<> resume) { waiting_.push_back({bytes, std::move(resume)}); });
  }
  co_return Reservation(shared_from_this(), bytes);
}

void ByteBudget::resize(std::size_t from, std::size_t to) {
  held_ += to;
  held_ -= from;
  while (!waiting_.empty() && fits(waiting_.front().bytes)) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    held_ += next.bytes;
    next.resume();
  }
}

}  // namespace shardmill::dispatch
