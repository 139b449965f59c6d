// The newest log lines of every function, for `function logs`, and their copy in the server's log.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/observer.h"
#include "base/logging.h"
#include "http/admin/source.h"

namespace shardmill::app {

// Any thread.
class FunctionLog final : public LogSink {
 public:
  struct Bounds {
    std::size_t lines = 2'000;      // kept per function
    std::size_t bytes = 1U << 20U;  // of text kept per function
    std::size_t page = 500;         // lines of one answer
    std::size_t functions = 1'000;  // whose lines are kept; of more, those silent for longest are forgotten
  };
  // `mirror` outlives this.
  explicit FunctionLog(Log& mirror) : FunctionLog(mirror, Bounds{}) {}
  FunctionLog(Log& mirror, Bounds bounds);

  void write(LogLine line) override;

  [[nodiscard]] http::admin::LogPage lines_after(const std::string& function, std::uint64_t after) const;
  // Calls `wake` once, when there is a line behind `after` or after close(); at once if so already. It must only post.
  // The handle cancels; it does not outlive this.
  [[nodiscard]] std::unique_ptr<Interface> wake_when_after(const std::string& function, std::uint64_t after,
                                                           std::move_only_function<void()> wake);
  // Nobody waits any more: the server stops.
  void close();

 private:
  struct Ring {
    std::deque<LogLine> lines;
    std::uint64_t last = 0;  // number of the newest line ever
    std::size_t bytes = 0;
    std::uint64_t touched = 0;  // by the count of writes
  };
  struct Waiter {
    std::string function;
    std::move_only_function<void()> wake;
  };
  class Waiting;
  void forget_one();

  Log& mirror_;
  const Bounds bounds_;
  mutable std::mutex mutex_;
  // Guarded by the mutex.
  std::map<std::string, Ring, std::less<>> rings_;
  std::list<Waiter> waiters_;
  std::uint64_t writes_ = 0;
  bool closed_ = false;
};

}  // namespace shardmill::app
