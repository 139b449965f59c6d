// One stream trigger of one function at work: finds the stream, opens the trigger's checkpoints, and keeps a lane on
// every shard that may be read, through reshards, deletion of the stream, new versions and disabling.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/observer.h"
#include "dispatch/lane.h"
#include "dispatch/services.h"

namespace shardmill::dispatch {

// What is wanted of it is set from outside at any time; one coroutine of its own brings about what is wanted, one thing
// after the other. So a deploy during a reshard during a removal needs no code of its own.
class TriggerRun final : public LaneOwner, public std::enable_shared_from_this<TriggerRun> {
 public:
  TriggerRun(SharedRef shared, std::shared_ptr<FunctionCounters> counters, std::string function,
             std::string stream);

  // Begins, after set(). `ended` comes after leave(), when no lane is left.
  void start(std::function<void()> ended);
  // Every batch that begins from now on runs with it. A disabled trigger's lanes stop.
  void set(LaneVersionRef version);
  // Lanes stop; checkpoints stay in the store.
  void leave();
  // Something about the stream has changed.
  void stream_changed();
  // Returns when all that was wanted at the call has been begun: positions are fixed, lanes run or are told to stop.
  Task<void> caught_up();

  [[nodiscard]] TriggerStatus status() const;
  void add_lanes(std::vector<LaneStatus>& lanes) const;

  const LaneVersionRef& version() const override { return version_; }
  FunctionCounters& counters() override { return *counters_; }
  void lane_ended(Lane& lane, LaneEnd why) override;

 private:
  Task<void> control();
  Task<std::optional<SteadyTime>> step();
  Task<std::optional<SteadyTime>> open(const StreamInfo& stream);
  void start_lanes(const StreamInfo& stream);
  void stop_lanes(std::string state, std::string problem);
  void remember_end(const Lane& lane);
  [[nodiscard]] bool wants_lanes() const { return !leaving_ && !store_failed_ && version_->trigger.enabled; }

  // Set once.
  const SharedRef shared_;
  const std::shared_ptr<FunctionCounters> counters_;  // shared with the function's other triggers
  const std::string function_;
  const std::string stream_;
  const std::unique_ptr<Alarm> alarm_;
  std::function<void()> ended_;

  // Wanted.
  LaneVersionRef version_;
  bool leaving_ = false;
  std::uint64_t wanted_ = 0;  // counts the changes of what is wanted

  // There.
  std::shared_ptr<const LaneSource> source_;   // of the stream incarnation that was opened; null before
  std::map<ShardNumber, Position> positions_;  // where lanes that do not run would start; others at 0
  std::set<ShardNumber> finished_;
  std::map<ShardNumber, std::shared_ptr<Lane>> lanes_;
  bool store_failed_ = false;
  bool is_over_ = false;
  std::uint32_t open_failures_ = 0;
  std::uint64_t reached_ = 0;  // the last value of wanted_ that was acted on
  Signal stepped_;

  // Shown.
  std::string state_;
  std::string problem_;
  std::map<ShardNumber, LaneStatus> broken_off_;  // lanes of this source that ended before their shard did, and why
};

}  // namespace shardmill::dispatch
