// Waits for connections to become readable or writable (edge-triggered epoll). One thread.
#pragma once

#include <array>
#include <chrono>
#include <span>

#include <sys/epoll.h>

#include "tests/bench/load/connection.h"

namespace shardmill::bench {

class Poller {
 public:
  static Result<Poller> open();
  Poller(Poller&& other) noexcept;
  Poller& operator=(Poller&&) = delete;
  Poller(const Poller&) = delete;
  ~Poller();

  // The connection must stay where it is.
  Result<void> add(Connection& connection);
  // Those that may go on; empty after `most`, which is kept to the microsecond. Valid until the next call.
  Result<std::span<Connection* const>> wait(std::chrono::nanoseconds most);

 private:
  explicit Poller(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  std::array<epoll_event, 64> events_{};
  std::array<Connection*, 64> ready_{};
};

}  // namespace shardmill::bench
