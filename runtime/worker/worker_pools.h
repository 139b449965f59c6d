// Opens the workers of a deployment: child processes, or inline where its settings say so.
#pragma once

#include "worker/worker.h"

namespace shardmill::worker {

class Pools final : public WorkerPools {
 public:
  // The services are kept until the last pool is gone; the pools do not outlive this.
  explicit Pools(WorkerServices use) : use_(std::move(use)) {}
  Task<Result<std::shared_ptr<WorkerPool>>> open(DeploymentRef deployment) override;

 private:
  Result<StartWorker> starter_of(const DeploymentRef& deployment);
  void report_missing(std::uint32_t missing);

  const WorkerServices use_;
  std::uint32_t reported_ = 0;  // bits of Protection that were reported as missing
};

}  // namespace shardmill::worker
