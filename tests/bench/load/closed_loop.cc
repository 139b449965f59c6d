#include "tests/bench/load/closed_loop.h"

#include <array>
#include <deque>

#include <sys/epoll.h>

#include "tests/bench/load/poller.h"
#include "tests/bench/load/samples.h"

namespace shardmill::bench {
namespace {

class Run {
 public:
  Run(const std::vector<std::string>& requests, std::uint64_t total) : requests_(requests), total_(total) {}

  Result<void> start(const Target& target, std::size_t connections, Poller& poller) {
    for (std::size_t i = 0; i < connections; ++i) {
      Result<Connection> opened = Connection::open(target);
      if (!opened) return std::unexpected(opened.error());
      connections_.push_back(std::move(*opened));
      if (Result<void> added = poller.add(connections_.back()); !added) return added;
    }
    for (Connection& connection : connections_) {
      if (Result<void> sent = next(connection); !sent) return sent;
    }
    return {};
  }

  // Goes on with `connection` until it has to wait.
  Result<void> advance(Connection& connection) {
    while (connection.busy()) {
      Result<bool> done = connection.advance();
      if (!done) return std::unexpected(done.error());
      if (!*done) return {};
      result_.answer_ns.push_back(monotonic_ns() - connection.sent_ns());
      ++result_.requests;
      if (Result<void> sent = next(connection); !sent) return sent;
    }
    return {};
  }

  [[nodiscard]] bool done() const { return result_.requests == total_; }
  ClosedLoopResult& result() { return result_; }

 private:
  Result<void> next(Connection& connection) {
    if (started_ == total_) return {};
    return connection.send(requests_[started_++ % requests_.size()], monotonic_ns());
  }

  const std::vector<std::string>& requests_;
  std::uint64_t total_;
  std::uint64_t started_ = 0;
  std::deque<Connection> connections_;  // never moved: the poller points at them
  ClosedLoopResult result_;
};

}  // namespace

Result<ClosedLoopResult> run_closed_loop(const Target& target, const std::vector<std::string>& requests,
                                         std::uint64_t total, std::size_t connections) {
  Result<Poller> poller = Poller::open();
  if (!poller) return std::unexpected(poller.error());
  Run run(requests, total);
  std::int64_t start = monotonic_ns();
  if (Result<void> started = run.start(target, connections, *poller); !started) {
    return std::unexpected(started.error());
  }
  while (!run.done()) {
    Result<std::span<Connection* const>> ready = poller->wait(std::chrono::seconds(60));
    if (!ready) return std::unexpected(ready.error());
    if (ready->empty()) return fail(Errc::io, "the server has not answered for 60 s");
    for (Connection* connection : *ready) {
      if (Result<void> advanced = run.advance(*connection); !advanced) return std::unexpected(advanced.error());
    }
  }
  run.result().seconds = static_cast<double>(monotonic_ns() - start) * 1e-9;
  return std::move(run.result());
}

}  // namespace shardmill::bench
