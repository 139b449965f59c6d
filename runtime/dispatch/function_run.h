// One function at work: its live version and its triggers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/observer.h"
#include "dispatch/trigger_run.h"

namespace shardmill::dispatch {

class FunctionRun : public std::enable_shared_from_this<FunctionRun> {
 public:
  FunctionRun(SharedRef shared, std::string name);

  // Every batch that begins from now on runs with this version; the old version's pool is retired. Triggers that it
  // has no more, stop. Of two triggers on one stream the first counts.
  void set(DeploymentRef deployment, std::shared_ptr<WorkerPool> pool);
  // Lanes stop after the batch in flight.
  void leave();
  void stream_changed(const std::string& stream);

  Task<void> caught_up();
  // Returns when no trigger is left, or when set() was called again.
  Task<void> ended();
  [[nodiscard]] bool is_over() const { return leaving_ && triggers_.empty(); }

  [[nodiscard]] FunctionStatus status() const;

 private:
  void set_trigger(const std::string& stream, LaneVersionRef version);

  const SharedRef shared_;
  const std::string name_;
  const std::shared_ptr<FunctionCounters> counters_;  // shared with the triggers, which may end later
  DeploymentRef deployment_;
  std::shared_ptr<WorkerPool> pool_;  // shared with the versions that lanes run with
  std::map<std::string, std::shared_ptr<TriggerRun>>
      triggers_;  // by stream; those that leave, too, until they ended
  bool leaving_ = false;
  Signal changed_;
};

}  // namespace shardmill::dispatch
