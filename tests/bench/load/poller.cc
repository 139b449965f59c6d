#include "tests/bench/load/poller.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <unistd.h>

namespace shardmill::bench {

Result<Poller> Poller::open() {
  int descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) return fail(Errc::io, std::string("epoll_create1: ") + std::strerror(errno));
  return Poller(descriptor);
}

Poller::Poller(Poller&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Poller::~Poller() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> Poller::add(Connection& connection) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = &connection;
  if (epoll_ctl(descriptor_, EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) {
    return fail(Errc::io, std::string("epoll_ctl: ") + std::strerror(errno));
  }
  return {};
}

Result<std::span<Connection* const>> Poller::wait(std::chrono::nanoseconds most) {
  timespec timeout{most.count() / 1'000'000'000, most.count() % 1'000'000'000};
  int count = epoll_pwait2(descriptor_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  if (count < 0 && errno != EINTR) return fail(Errc::io, std::string("epoll_pwait2: ") + std::strerror(errno));
  auto found = static_cast<std::size_t>(count < 0 ? 0 : count);
  for (std::size_t i = 0; i < found; ++i) ready_[i] = static_cast<Connection*>(events_[i].data.ptr);
  return std::span<Connection* const>(ready_.data(), found);
}

}  // namespace shardmill::bench
