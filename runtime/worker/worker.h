// One loaded function that runs one invocation at a time: the unit that a pool keeps. On the dispatch executor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "api/clock.h"
#include "api/deployment.h"
#include "api/host.h"
#include "api/observer.h"
#include "api/worker.h"
#include "worker/file_reach.h"

namespace shardmill::worker {

// What workers are made with. Everything outlives the pools; `children` ends before the executor's context does.
struct WorkerServices {
  boost::asio::any_io_executor executor;
  Children& children;
  const Clock& clock;
  Random& random;
  LogSink& logs;
  std::function<void(const std::string& sentence)> notice;  // what the machine does not give workers; each once
  std::string binary = "/proc/self/exe";                    // whose command `worker PID` is child_main
  bool any_output = false;  // functions may emit to any stream, whatever their settings say
  std::chrono::milliseconds init_timeout{10'000};
  WorkerFolders folders;
};

class Worker : public Interface {
 public:
  // As Lease::invoke. With not_started the function has not seen the event.
  virtual Task<InvocationResult> invoke(const Invocation& invocation) = 0;
  // False: it has failed or ended; every further invocation would be not_started.
  [[nodiscard]] virtual bool usable() const = 0;
  // Sum of (1 << EventKind).
  [[nodiscard]] virtual std::uint64_t event_kinds() const = 0;
  // Lets the function clean up, for a bounded time. Nothing is called afterwards.
  virtual Task<void> leave() = 0;
};

// Loads the function in a new worker. Fails with one sentence: what the function did, or what the machine refused.
using StartWorker = std::function<Task<Result<std::unique_ptr<Worker>>>()>;

inline constexpr std::chrono::seconds kLeaveTimeout{1};

}  // namespace shardmill::worker
