// Where deployments go once they are loaded: what runs functions on their triggers.
#pragma once

#include <memory>
#include <string>

#include "api/deployment.h"
#include "api/task.h"
#include "api/worker.h"

namespace shardmill::deploy {

// Called on the dispatch executor.
class LiveFunctions : public Interface {
 public:
  // At the return every batch that begins runs on the new version; the old version's pool is retired.
  virtual Task<void> deploy(DeploymentRef deployment, std::shared_ptr<WorkerPool> pool) = 0;
  // Returns when no batch of the function is in flight any more.
  virtual Task<void> remove(std::string function) = 0;
};

}  // namespace shardmill::deploy
