// `"Isolation": "inline"`: a trusted function that runs inside the runtime, on a thread of its own. It shares the
// runtime's memory, environment and fate: nothing can stop it, and its crash is the runtime's.
#pragma once

#include <memory>

#include "worker/worker.h"

namespace shardmill::worker {

class InlineWorker final : public Worker {
 public:
  // Loads the library into the runtime (where it stays to the end) and constructs the handler.
  static Task<Result<std::unique_ptr<InlineWorker>>> start(const WorkerServices& use, DeploymentRef deployment);
  // The handler may still be running: its thread keeps what it needs.
  ~InlineWorker() override;

  // A handler that took longer than its timeout has failed, but only once it is back.
  Task<InvocationResult> invoke(const Invocation& invocation) override;
  [[nodiscard]] bool usable() const override { return usable_; }
  [[nodiscard]] std::uint64_t event_kinds() const override;
  Task<void> leave() override;

 private:
  struct Room;
  InlineWorker(const WorkerServices& use, DeploymentRef deployment, std::shared_ptr<Room> room);

  const WorkerServices& use_;
  const DeploymentRef deployment_;
  const std::shared_ptr<Room> room_;  // shared with the thread
  bool usable_ = true;
};

}  // namespace shardmill::worker
