#include "host/host_loop.h"

#include <utility>

#include "host/child.h"
#include "host/folder_watch.h"

namespace shardmill::host {

namespace {

// What a starter of a child holds.
class ChildHandle : public Child {
 public:
  ChildHandle(int pid, std::shared_ptr<ProcessHandle> process) : pid_(pid), process_(std::move(process)) {}
  ~ChildHandle() override { process_->kill(); }
  int pid() const override { return pid_; }
  void kill() override { process_->kill(); }

 private:
  const int pid_;
  const std::shared_ptr<ProcessHandle> process_;
};

class WatchHandle : public Interface {
 public:
  WatchHandle(LoopThread& thread, ActiveWatch* watch) : thread_(thread), watch_(watch) {}
  ~WatchHandle() override {
    thread_.call([this] { watch_->end(); });
  }

 private:
  LoopThread& thread_;
  ActiveWatch* watch_;
};

}  // namespace

Result<std::unique_ptr<HostLoop>> HostLoop::start() {
  auto thread = LoopThread::start();
  if (!thread) return std::unexpected(thread.error());
  return std::unique_ptr<HostLoop>(new HostLoop(std::move(*thread)));
}

HostLoop::~HostLoop() {
  kill_children();
  thread_.reset();  // the loop goes on until every child was reaped: their handles keep it alive
}

void HostLoop::kill_children() {
  thread_->call([this] {
    for (RunningChild* child : running_) {
      if (child->handle()) child->handle()->kill();
    }
  });
}

Result<std::unique_ptr<Child>> HostLoop::spawn(const ChildSpec& spec, std::function<void(ChildExit)> ended) {
  return thread_->call([&]() -> Result<std::unique_ptr<Child>> {
    auto child = RunningChild::spawn(thread_->loop(), spec, std::move(ended), running_);
    if (!child) return std::unexpected(child.error());
    return std::make_unique<ChildHandle>((*child)->pid(), (*child)->handle());
  });
}

Result<std::unique_ptr<Interface>> HostLoop::watch(const std::filesystem::path& folder,
                                                   std::function<void()> changed) {
  return thread_->call([&]() -> Result<std::unique_ptr<Interface>> {
    auto watch = ActiveWatch::start(thread_->loop(), folder.string(), std::move(changed));
    if (!watch) return std::unexpected(watch.error());
    return std::make_unique<WatchHandle>(*thread_, *watch);
  });
}

}  // namespace shardmill::host
