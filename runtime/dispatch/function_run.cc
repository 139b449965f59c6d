#include "dispatch/function_run.h"

#include <set>
#include <vector>

namespace shardmill::dispatch {

FunctionRun::FunctionRun(SharedRef shared, std::string name)
    : shared_(std::move(shared)), name_(std::move(name)), counters_(std::make_shared<FunctionCounters>()) {}

void FunctionRun::set(DeploymentRef deployment, std::shared_ptr<WorkerPool> pool) {
  std::shared_ptr<WorkerPool> old = std::exchange(pool_, std::move(pool));
  deployment_ = std::move(deployment);
  leaving_ = false;
  std::set<std::string> kept;
  for (const StreamTrigger& settings : deployment_->settings.stream_triggers) {
    if (!kept.insert(settings.stream).second) continue;
    set_trigger(settings.stream, std::make_shared<const LaneVersion>(LaneVersion{deployment_, pool_, settings}));
  }
  for (auto& [stream, run] : triggers_) {
    if (!kept.contains(stream)) run->leave();
  }
  if (old && old != pool_) old->retire();
  changed_.notify();
}

void FunctionRun::set_trigger(const std::string& stream, LaneVersionRef version) {
  std::shared_ptr<TriggerRun>& slot = triggers_[stream];
  if (slot) return slot->set(std::move(version));
  std::shared_ptr<TriggerRun> run = std::make_shared<TriggerRun>(shared_, counters_, name_, stream);
  slot = run;
  run->set(std::move(version));
  run->start([weak = weak_from_this(), stream] {
    std::shared_ptr<FunctionRun> self = weak.lock();
    if (!self) return;
    self->triggers_.erase(stream);
    self->changed_.notify();
  });
}

void FunctionRun::leave() {
  leaving_ = true;
  for (auto& [stream, run] : triggers_) run->leave();
  // Whoever waits for a worker stops waiting; who has one keeps it for the batch in flight.
  if (pool_) pool_->retire();
  changed_.notify();
}

void FunctionRun::stream_changed(const std::string& stream) {
  auto run = triggers_.find(stream);
  if (run != triggers_.end()) run->second->stream_changed();
}

Task<void> FunctionRun::caught_up() {
  auto self = shared_from_this();
  std::vector<std::shared_ptr<TriggerRun>> runs;
  runs.reserve(triggers_.size());
  for (auto& [stream, run] : triggers_) runs.push_back(run);
  for (auto& run : runs) co_await run->caught_up();
}

Task<void> FunctionRun::ended() {
  auto self = shared_from_this();
  while (leaving_ && !triggers_.empty()) co_await changed_.next();
}

FunctionStatus FunctionRun::status() const {
  FunctionStatus status;
  status.function = name_;
  status.version = deployment_->version;
  status.state = leaving_ ? "removed" : "live";
  status.workers = pool_->running();
  status.invocations = counters_->invocations;
  status.errors = counters_->errors;
  status.records = counters_->records;
  status.emitted = counters_->emitted;
  status.expired = counters_->expired;
  status.last_error = counters_->last_error;
  for (const auto& [stream, run] : triggers_) {
    status.triggers.push_back(run->status());
    run->add_lanes(status.lanes);
  }
  return status;
}

}  // namespace shardmill::dispatch
