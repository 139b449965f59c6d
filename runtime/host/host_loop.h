// Child processes and folder watches on one libuv thread. The thread lives as long as this object, which lives as
// long as the process: children ask the system to be killed when the thread that started them ends.
#pragma once

#include <memory>
#include <set>

#include "api/host.h"
#include "host/loop_thread.h"

namespace shardmill::host {

class RunningChild;
class ActiveWatch;

class HostLoop : public Children, public FolderWatches {
 public:
  // Fails with io.
  static Result<std::unique_ptr<HostLoop>> start();
  // Kills the children that still run and returns after the last one was reaped. Watches have ended before.
  ~HostLoop() override;

  // SIGKILL to every child that runs now. Any thread but the host's.
  void kill_children();

  Result<std::unique_ptr<Child>> spawn(const ChildSpec& spec, std::function<void(ChildExit)> ended) override;
  Result<std::unique_ptr<Interface>> watch(const std::filesystem::path& folder,
                                           std::function<void()> changed) override;

 private:
  explicit HostLoop(std::unique_ptr<LoopThread> thread) : thread_(std::move(thread)) {}

  // On the host thread only.
  std::set<RunningChild*> running_;

  std::unique_ptr<LoopThread> thread_;
};

}  // namespace shardmill::host
