#include "dispatch/trigger_run.h"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "dispatch/retry.h"
#include "dispatch/shard_order.h"

namespace shardmill::dispatch {
namespace {

constexpr std::size_t kMostBrokenOff = 100;  // shown of one trigger; the newest shards

}  // namespace

TriggerRun::TriggerRun(SharedRef shared, std::shared_ptr<FunctionCounters> counters, std::string function,
                       std::string stream)
    : shared_(std::move(shared)),
      counters_(std::move(counters)),
      function_(std::move(function)),
      stream_(std::move(stream)),
      alarm_(shared_->use.timers.alarm()) {}

void TriggerRun::start(std::function<void()> ended) {
  ended_ = std::move(ended);
  boost::asio::co_spawn(
      shared_->use.executor, [self = shared_from_this()] { return self->control(); },
      [self = shared_from_this()](const std::exception_ptr& failed) {
        if (failed) std::rethrow_exception(failed);
      });
}

void TriggerRun::set(LaneVersionRef version) {
  version_ = std::move(version);
  leaving_ = false;
  ++wanted_;
  for (auto& [number, lane] : lanes_) lane->version_changed();
  if (ended_) alarm_->wake();
}

void TriggerRun::leave() {
  leaving_ = true;
  ++wanted_;
  for (auto& [number, lane] : lanes_) lane->stop();
  alarm_->wake();
}

void TriggerRun::stream_changed() {
  alarm_->wake();
}

Task<void> TriggerRun::caught_up() {
  auto self = shared_from_this();
  for (std::uint64_t target = wanted_; reached_ < target && !is_over_;) co_await stepped_.next();
}

Task<void> TriggerRun::control() {
  while (!leaving_ || !lanes_.empty()) {
    std::uint64_t acting_on = wanted_;
    std::optional<SteadyTime> again = co_await step();
    reached_ = acting_on;
    stepped_.notify();
    if (leaving_ && lanes_.empty()) break;
    co_await alarm_->wait(again);
  }
  is_over_ = true;
  stepped_.notify();
  ended_();
}

// One look at what is wanted and what is there. Returns when to look again without being woken.
Task<std::optional<SteadyTime>> TriggerRun::step() {
  if (!wants_lanes()) {
    if (store_failed_) {
      stop_lanes("stopped", "the store takes no more writes: restart the runtime");
    } else {
      stop_lanes(leaving_ ? "stopped" : "disabled", "");
    }
    co_return std::nullopt;
  }
  StreamRef stream = shared_->use.catalogue.find(stream_);
  if (stream && stream->status == StreamStatus::deleting) stream.reset();
  if (source_ && (!stream || stream->id != source_->id)) {
    stop_lanes("stream deleted", fmt::format("stream \"{}\" was deleted", stream_));
    if (!lanes_.empty()) co_return std::nullopt;  // the last of them wakes us
    source_.reset();
    broken_off_.clear();
  }
  if (!stream) {
    if (state_ != "stream deleted") {
      state_ = "no stream";
      problem_ = fmt::format("stream \"{}\" does not exist", stream_);
    }
    co_return std::nullopt;
  }
  if (!source_) {
    std::optional<SteadyTime> again = co_await open(*stream);
    if (!source_) co_return again;
    stream = shared_->use.catalogue.find(stream_);
    if (!wants_lanes() || !stream || stream->id != source_->id) co_return shared_->use.clock.steady();
  }
  state_ = "enabled";
  problem_.clear();
  start_lanes(*stream);
  co_return std::nullopt;
}

Task<std::optional<SteadyTime>> TriggerRun::open(const StreamInfo& stream) {
  const Services& use = shared_->use;
  TriggerSpec spec{function_, stream.id, version_->trigger.start, version_->trigger.start_time};
  Result<TriggerState> state = co_await await_callback<Result<TriggerState>>(
      [&](Callback<Result<TriggerState>> done) { use.triggers.open_trigger(spec, std::move(done)); });
  if (!state) {
    state_ = "stopped";
    problem_ = state.error().text;
    store_failed_ = state.error().code == Errc::unavailable;
    co_return use.clock.steady() + retry_delay(kBatchBackoff, ++open_failures_, use.random.next());
  }
  open_failures_ = 0;
  source_ = std::make_shared<const LaneSource>(
      LaneSource{function_, state->key, stream.id, stream.name, shared_->settings.stream_arn_prefix + stream.name});
  positions_.clear();
  finished_.clear();
  for (const ShardInfo& shard : stream.shards) {
    auto checkpoint = state->checkpoints.find(shard.key);
    if (checkpoint == state->checkpoints.end()) continue;
    positions_[shard.number] = checkpoint->second;
    if (is_finished(shard, checkpoint->second)) finished_.insert(shard.number);
  }
  co_return std::nullopt;
}

void TriggerRun::start_lanes(const StreamInfo& stream) {
  // What retention has removed is not remembered for ever.
  std::erase_if(finished_, [&](ShardNumber number) { return stream.shard(number) == nullptr; });
  std::erase_if(positions_, [&](const auto& position) { return stream.shard(position.first) == nullptr; });
  for (std::size_t index : startable(stream, finished_)) {
    const ShardInfo& shard = stream.shards[index];
    if (lanes_.contains(shard.number)) continue;
    auto position = positions_.find(shard.number);
    auto lane = std::make_shared<Lane>(shared_, *this, source_, shard,
                                       position == positions_.end() ? Position{} : position->second);
    lanes_.emplace(shard.number, lane);
    lane->start();
  }
}

void TriggerRun::stop_lanes(std::string state, std::string problem) {
  state_ = std::move(state);
  problem_ = std::move(problem);
  for (auto& [number, lane] : lanes_) lane->stop();
}

void TriggerRun::lane_ended(Lane& lane, LaneEnd why) {
  positions_[lane.shard()] = lane.checkpoint();
  if (why == LaneEnd::finished || why == LaneEnd::gone) finished_.insert(lane.shard());
  if (why == LaneEnd::store_failed) store_failed_ = true;
  if (why == LaneEnd::store_failed || why == LaneEnd::gone) remember_end(lane);
  lanes_.erase(lane.shard());
  alarm_->wake();
}

void TriggerRun::remember_end(const Lane& lane) {
  if (lane.status().last_error.empty()) return;
  LaneStatus& status = broken_off_[lane.shard()] = lane.status();
  status.attempt = 0;
  if (broken_off_.size() > kMostBrokenOff) broken_off_.erase(broken_off_.begin());
}

TriggerStatus TriggerRun::status() const {
  return {stream_, state_, problem_};
}

void TriggerRun::add_lanes(std::vector<LaneStatus>& lanes) const {
  for (const auto& [number, status] : broken_off_) {
    if (!lanes_.contains(number)) lanes.push_back(status);
  }
  for (const auto& [number, lane] : lanes_) lanes.push_back(lane->status());
}

}  // namespace shardmill::dispatch
