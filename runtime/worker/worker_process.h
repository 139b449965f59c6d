// A worker that is a child process: its memory, its doorbell, its deadline and its end. The other side of this is
// child/child_main.cc; what they say to each other stands in protocol.h.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "worker/log_reader.h"
#include "worker/memory_file.h"
#include "worker/protocol.h"
#include "worker/reasons.h"
#include "worker/worker.h"

namespace shardmill::worker {

class WorkerProcess final : public Worker {
 public:
  // What all workers of a deployment are started with. Borrowed for the call.
  struct Kit {
    OwnedFd code;  // a sealed copy of the library
    FileReach reach;
  };
  static Task<Result<std::unique_ptr<WorkerProcess>>> start(const WorkerServices& use, DeploymentRef deployment,
                                                            const Kit& kit);
  ~WorkerProcess() override;

  Task<InvocationResult> invoke(const Invocation& invocation) override;
  [[nodiscard]] bool usable() const override;
  [[nodiscard]] std::uint64_t event_kinds() const override { return loaded_.event_kinds; }
  Task<void> leave() override;
  // Bits of Protection that the machine does not have.
  [[nodiscard]] std::uint32_t missing_protection() const { return loaded_.missing; }

 private:
  struct Life;
  struct Parts;

  WorkerProcess(const WorkerServices& use, DeploymentRef deployment, Parts parts);
  static Result<Parts> make_parts();
  Result<void> spawn(const Kit& kit, int child_socket, int child_log);
  Task<Result<void>> load(const FileReach& reach);
  Result<void> read_loaded(std::string_view message, std::uint64_t nonce);

  template <class Frame>
  bool send(const Frame& frame);
  // The next message, within `timeout` or the worker is killed; empty when it has ended or closed the socket.
  Task<std::string_view> receive(std::chrono::milliseconds timeout);
  bool read_reply(std::string_view message, std::uint64_t nonce, InvocationResult& result);
  void check_leftovers(const ReplyFrame& reply);
  // Kills the worker and says why it failed, once it is gone.
  Task<Outcome> end(Stage stage, std::chrono::milliseconds timeout, std::string_view message);
  Task<void> wait_for_exit(std::chrono::milliseconds longest);
  void warn(std::string text);

  const WorkerServices& use_;
  const DeploymentRef deployment_;
  SharedMemory input_;
  SharedMemory output_;
  boost::asio::posix::stream_descriptor socket_;
  std::shared_ptr<LogReader> logs_;  // shared with its reading coroutine
  std::shared_ptr<Life> life_;       // shared with the timer and the callback of the child's end
  OwnedFd stat_;                     // /proc/PID/stat
  LoadedFrame loaded_;
  long threads_ = 1;  // after init
  bool usable_ = true;
  std::string request_id_;
  std::array<char, kMaxFrame> message_;  // not initialised: only what was received is looked at
};

}  // namespace shardmill::worker
