#include "tests/bench/load/open_loop.h"

#include <deque>

#include <fmt/format.h>
#include <sys/prctl.h>

#include "tests/bench/load/poller.h"
#include "tests/bench/load/samples.h"

namespace shardmill::bench {
namespace {

// A connection with the request that it sends, since a stamped text must stay until its answer came.
struct Lane {
  Lane(Connection opened, const RequestShape& shape) : connection(std::move(opened)), request(shape) {}
  Connection connection;
  StampedRequest request;
};

class Run {
 public:
  Run(double rate, std::uint64_t total) : gap_ns_(1e9 / rate), total_(total) {}

  Result<void> connect(const Target& target, const RequestShape& shape, std::size_t connections, Poller& poller) {
    for (std::size_t i = 0; i < connections; ++i) {
      Result<Connection> opened = Connection::open(target);
      if (!opened) return std::unexpected(opened.error());
      lanes_.emplace_back(std::move(*opened), shape);
      if (Result<void> added = poller.add(lanes_.back().connection); !added) return added;
    }
    start_ = monotonic_ns();
    return {};
  }

  // Sends all requests whose time has come.
  Result<void> send_due() {
    for (std::int64_t now = monotonic_ns(); started_ < total_ && now >= due(); now = monotonic_ns()) {
      Lane* free = nullptr;
      for (Lane& lane : lanes_) {
        if (lane.connection.busy()) continue;
        free = &lane;
        break;
      }
      if (free == nullptr) {
        return fail(Errc::limit_exceeded, fmt::format("all {} connections wait for an answer", lanes_.size()));
      }
      result_.late_ns.push_back(now - due());
      Result<void> sent = free->connection.send(free->request.stamped(now, started_), now);
      if (!sent) return sent;
      ++started_;
    }
    return {};
  }

  Result<void> advance(Connection& connection) {
    Result<bool> done = connection.advance();
    if (!done) return std::unexpected(done.error());
    if (*done) {
      result_.answer_ns.push_back(monotonic_ns() - connection.sent_ns());
      ++result_.requests;
    }
    return {};
  }

  // Until the next request is due, or for long when only answers are awaited.
  [[nodiscard]] std::chrono::nanoseconds idle_for() const {
    if (started_ == total_) return std::chrono::seconds(60);
    return std::chrono::nanoseconds(std::max<std::int64_t>(due() - monotonic_ns(), 0));
  }
  [[nodiscard]] bool all_sent() const { return started_ == total_; }
  [[nodiscard]] bool done() const { return result_.requests == total_; }
  OpenLoopResult finish() {
    result_.seconds = static_cast<double>(monotonic_ns() - start_) * 1e-9;
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::int64_t due() const {
    return start_ + static_cast<std::int64_t>(gap_ns_ * static_cast<double>(started_));
  }

  double gap_ns_;
  std::uint64_t total_;
  std::int64_t start_ = 0;
  std::uint64_t started_ = 0;
  std::deque<Lane> lanes_;  // never moved: the poller points into them
  OpenLoopResult result_;
};

}  // namespace

Result<OpenLoopResult> run_open_loop(const Target& target, const RequestShape& shape, double rate,
                                     std::uint64_t total, std::size_t connections) {
  prctl(PR_SET_TIMERSLACK, 1UL);  // wake to the microsecond; the default adds up to 50
  Result<Poller> poller = Poller::open();
  if (!poller) return std::unexpected(poller.error());
  Run run(rate, total);
  if (Result<void> connected = run.connect(target, shape, connections, *poller); !connected) {
    return std::unexpected(connected.error());
  }
  while (!run.done()) {
    if (Result<void> sent = run.send_due(); !sent) return std::unexpected(sent.error());
    Result<std::span<Connection* const>> ready = poller->wait(run.idle_for());
    if (!ready) return std::unexpected(ready.error());
    if (ready->empty() && run.all_sent()) return fail(Errc::io, "the server has not answered for 60 s");
    for (Connection* connection : *ready) {
      if (Result<void> advanced = run.advance(*connection); !advanced) return std::unexpected(advanced.error());
    }
  }
  return run.finish();
}

}  // namespace shardmill::bench
