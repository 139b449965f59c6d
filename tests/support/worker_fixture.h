// Workers of the real binary over a real host, driven from one thread: start, invoke, look.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "dispatch/asio_time.h"
#include "host/host_loop.h"
#include "worker/worker_pools.h"

namespace shardmill::test {

// Keeps the lines of functions. Any thread.
class KeptLines final : public LogSink {
 public:
  void write(LogLine line) override;
  [[nodiscard]] std::vector<LogLine> all() const;
  // The texts of one invocation, or of what belongs to none.
  [[nodiscard]] std::vector<std::string> of(const std::string& request_id) const;

 private:
  mutable std::mutex mutex_;
  std::vector<LogLine> lines_;
};

class WorkerFixture {
 public:
  explicit WorkerFixture(bool any_output = false,
                         std::chrono::milliseconds init_timeout = std::chrono::seconds(10));
  ~WorkerFixture();

  // A deployment of tests/functions/NAME.so.
  [[nodiscard]] static Deployment deployment(const std::string& name);
  // The pool of a function that must open.
  std::shared_ptr<WorkerPool> open(Deployment deployment);
  // Why a function does not open.
  std::string refusal(Deployment deployment);

  // One invocation on a lease of its own.
  InvocationResult call(WorkerPool& pool, std::string_view payload,
                        std::chrono::milliseconds timeout = std::chrono::seconds(60));
  std::unique_ptr<Lease> borrow(WorkerPool& pool);
  InvocationResult invoke(Lease& lease, Invocation invocation);
  [[nodiscard]] Invocation payload(std::string_view bytes) const;

  template <class T>
  T run(Task<T> task) {
    context.restart();  // it stops whenever there is nothing left to do
    std::optional<T> result;
    boost::asio::co_spawn(
        context, [&]() -> Task<void> { result.emplace(co_await std::move(task)); },
        [](std::exception_ptr error) {
          if (error) std::rethrow_exception(error);
        });
    while (!result && context.run_one() != 0) {
    }
    return std::move(result.value());
  }
  // What is ready now.
  void settle() {
    context.restart();
    context.poll();
  }

  // What a server's folder looks like from a worker: home/data/store.db, and temp folders in home/data/temp.
  const std::filesystem::path home;
  boost::asio::io_context context;
  dispatch::SystemClock clock;
  dispatch::SeededRandom random{42};
  KeptLines lines;
  std::vector<std::string> notices;  // of the machine, that a server would show
  std::unique_ptr<host::HostLoop> host;
  std::unique_ptr<worker::Pools> pools;
};

}  // namespace shardmill::test
