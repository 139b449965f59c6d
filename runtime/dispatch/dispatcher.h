// Runs the live functions on the streams that trigger them. The one class of dispatch that the rest of the runtime
// knows.
//
// Promises: the records of a shard reach a function in order, in consecutive batches, one at a time. A batch is tried
// until it succeeds or retention removes its records; meanwhile only its own shard waits. What a successful batch
// emitted and the checkpoint behind it become durable together or not at all.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/deployment.h"
#include "api/observer.h"
#include "api/worker.h"
#include "dispatch/function_run.h"
#include "dispatch/services.h"

namespace shardmill::dispatch {

// Everything is called on the executor of the services. Stop it before it is destroyed.
class Dispatcher {
 public:
  explicit Dispatcher(Services services, const Settings& settings = {});
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Starts the function, or switches it to another version. At the return the start positions of its triggers are
  // durable and every batch that begins runs on the new version. A batch in flight finishes on the old one, whose pool
  // is retired; a batch that waits for its retry is tried on the new one at once. A trigger whose stream does not exist
  // waits for it. Does nothing after stop().
  Task<void> deploy(DeploymentRef deployment, std::shared_ptr<WorkerPool> pool);

  // Ends the function's lanes; returns when the batches in flight are settled (or when the function is deployed
  // anew). Checkpoints stay: a function of this name goes on from them. Unknown names are fine.
  Task<void> remove(std::string function);

  // Drains: every batch in flight finishes and settles, none begins. Retries are not waited for. For good.
  Task<void> stop();

  // By name. `state` and `since` are what dispatch knows; the deploy part knows better.
  [[nodiscard]] std::vector<FunctionStatus> status() const;

 private:
  struct Functions;
  const SharedRef shared_;
  const std::shared_ptr<Functions> functions_;  // shared with the stream watch's posted calls
  std::unique_ptr<Interface> stream_watch_;
};

}  // namespace shardmill::dispatch
