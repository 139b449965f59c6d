// One child process, on the host thread.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include <uv.h>

#include "api/host.h"

namespace shardmill::host {

// The right to signal one process, and never another one that got its number later.
class ProcessHandle : public Interface {
 public:
  // `pid` has not been reaped. Fails with io.
  static Result<std::shared_ptr<ProcessHandle>> open(int pid);
  ~ProcessHandle() override;
  // SIGKILL; harmless after the end. Any thread.
  void kill();

 private:
  explicit ProcessHandle(int pidfd) : pidfd_(pidfd) {}
  const int pidfd_;
};

// Deletes itself after the process was reaped; until then it is in `running`.
class RunningChild {
 public:
  // Fails with io.
  static Result<RunningChild*> spawn(uv_loop_t* loop, const ChildSpec& spec, std::function<void(ChildExit)> ended,
                                     std::set<RunningChild*>& running);
  [[nodiscard]] const std::shared_ptr<ProcessHandle>& handle() const { return handle_; }
  [[nodiscard]] int pid() const { return process_.pid; }

 private:
  RunningChild(std::function<void(ChildExit)> ended, std::set<RunningChild*>& running)
      : ended_(std::move(ended)), running_(running) {}
  void close();

  uv_process_t process_{};
  std::shared_ptr<ProcessHandle> handle_;  // shared with the Child that others hold
  std::function<void(ChildExit)> ended_;
  std::set<RunningChild*>& running_;
};

}  // namespace shardmill::host
