#include "dispatch/lane.h"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "dispatch/batching.h"
#include "dispatch/expiry.h"
#include "dispatch/slices.h"

namespace shardmill::dispatch {
namespace {

constexpr std::size_t kMaxErrorText = 1024;

}  // namespace

Lane::Lane(SharedRef shared, LaneOwner& owner, std::shared_ptr<const LaneSource> source, const ShardInfo& shard,
           Position checkpoint)
    : shared_(std::move(shared)),
      owner_(owner),
      source_(std::move(source)),
      key_(shard.key),
      shard_(shard.number),
      prefix_(shard.prefix),
      alarm_(shared_->use.timers.alarm()),
      next_(checkpoint.plus(1)),
      checkpoint_(checkpoint),
      window_began_(shared_->use.clock.steady()),
      counted_next_(next_) {}

void Lane::start() {
  // The coroutine keeps the lane; only a defect ends it by an exception, which then ends the process.
  boost::asio::co_spawn(
      shared_->use.executor, [self = shared_from_this()] { return self->run(); },
      [self = shared_from_this()](const std::exception_ptr& failed) {
        if (failed) std::rethrow_exception(failed);
      });
}

void Lane::stop() {
  stopping_ = true;
  alarm_->wake();
}

void Lane::version_changed() {
  alarm_->wake();
}

Task<void> Lane::run() {
  LaneEnd why = LaneEnd::stopped;
  for (std::uint32_t failures = 0; !stopping_;) {
    std::string thrown;
    try {
      why = co_await work();
      break;
    } catch (const std::exception& exception) {
      thrown = exception.what();
    }
    // Out of memory, most likely. Nothing of the batch was settled: it is formed anew.
    batch_ = Batch();
    note_failure(fmt::format("internal failure: {}", thrown));
    LaneVersionRef version = owner_.version();
    co_await back_off(kBatchBackoff, ++failures, version.get());
  }
  wake_handle_.reset();
  if (why == LaneEnd::gone && last_error_.empty()) {
    last_error_ = fmt::format("{} of {} does not exist any more", shard_id(shard_), source_->stream);
  }
  owner_.lane_ended(*this, why);
}

Task<LaneEnd> Lane::work() {
  std::uint32_t failures = 0;
  while (!stopping_) {
    Result<Look> seen = co_await look();
    if (!seen) {
      if (seen.error().code == Errc::not_found) co_return LaneEnd::gone;
      note_failure(seen.error().text);
      LaneVersionRef version = owner_.version();
      co_await back_off(kBatchBackoff, ++failures, version.get());
      continue;
    }
    failures = 0;
    if (seen->end) co_return *seen->end;
    if (seen->send) {
      std::optional<LaneEnd> end = co_await deliver();
      if (end) co_return *end;
      continue;
    }
    wake_after(seen->after);
    co_await alarm_->wait(seen->until);
  }
  co_return LaneEnd::stopped;
}

Task<Result<Lane::Look>> Lane::look() {
  Result<ShardBounds> bounds = shared_->use.reader.bounds(key_);
  if (!bounds) co_return std::unexpected(bounds.error());
  skip_to(bounds->horizon);
  Look look;
  look.after = bounds->end;
  if (next_ > bounds->end) {
    if (bounds->closed) look.end = LaneEnd::finished;
    co_return look;
  }
  LaneVersionRef version = owner_.version();
  Available there{bounds->end.value - next_.value + 1, 0, !bounds->closed};
  if (version->trigger.batching_window.count() > 0 && there.records < version->trigger.batch_size) {
    Result<void> counted = co_await count_waiting(bounds->end);
    if (!counted) co_return std::unexpected(counted.error());
    there.bytes = counted_bytes_;
  }
  BatchDecision decision = decide(version->trigger, there, window_began_, shared_->use.clock.steady());
  look.send = decision.send;
  look.until = decision.until;
  co_return look;
}

// Brings counted_bytes_ up to `end`, or to as much as fills a batch. What was counted before is not read again, and
// nothing is held.
Task<Result<void>> Lane::count_waiting(Position end) {
  while (counted_next_ <= end && counted_bytes_ < kMaxBatchBytes) {
    auto records = static_cast<std::uint32_t>(std::min<std::uint64_t>(end.value - counted_next_.value + 1, 10'000));
    ReadRequest request{key_, counted_next_, records, kMaxBatchBytes - counted_bytes_};
    Result<ReadResult> got = co_await read(request);
    if (!got) co_return std::unexpected(got.error());
    counted_bytes_ += payload_bytes(got->slices);
    if (got->next <= counted_next_) break;
    counted_next_ = got->next;
  }
  co_return Result<void>();
}

void Lane::recount() {
  counted_next_ = next_;
  counted_bytes_ = 0;
}

void Lane::wake_after(Position position) {
  if (armed_after_ == position) return;
  wake_handle_.reset();
  armed_after_ = position;
  auto wake = [weak = weak_from_this(), executor = shared_->use.executor, position] {
    boost::asio::post(executor, [weak, position] {
      std::shared_ptr<Lane> lane = weak.lock();
      if (!lane) return;
      if (lane->armed_after_ == position) lane->armed_after_.reset();
      lane->alarm_->wake();
    });
  };
  wake_handle_ = shared_->use.reader.wake_when_after(key_, position, std::move(wake));
}

// Returns early when the lane is to stop, and when another version than `version` (if not null) is there to try.
Task<void> Lane::back_off(const Backoff& backoff, std::uint32_t failures, const LaneVersion* version) {
  const Services& use = shared_->use;
  SteadyTime until = use.clock.steady() + retry_delay(backoff, failures, use.random.next());
  while (!stopping_ && use.clock.steady() < until) {
    if (version != nullptr && owner_.version().get() != version) break;
    co_await alarm_->wait(until);
  }
}

void Lane::skip_to(Position horizon) {
  Skipped skipped = skip_expired(next_, horizon);
  if (skipped.expired == 0) return;
  next_ = skipped.next;
  recount();
  owner_.counters().expired += skipped.expired;
}

void Lane::note_failure(const std::string& what) {
  last_error_ = what.substr(0, kMaxErrorText);
  FunctionCounters& counters = owner_.counters();
  ++counters.errors;
  counters.last_error = last_error_;
  shared_->use.log.write({shared_->use.clock.now(), source_->function, owner_.version()->deployment->version, "",
                          LogLevel::error,
                          fmt::format("{} of {}: {}", shard_id(shard_), source_->stream, last_error_)});
}

LaneStatus Lane::status() const {
  LaneStatus status;
  status.stream = source_->stream;
  status.shard = shard_;
  status.checkpoint = checkpoint_;
  if (Result<ShardBounds> bounds = shared_->use.reader.bounds(key_)) {
    status.end = bounds->end;
    Position next = skip_expired(checkpoint_.plus(1), bounds->horizon).next;
    status.lag_records = bounds->end < next ? 0 : bounds->end.value - next.value + 1;
  }
  status.iterator_age_ms = iterator_age_ms_;
  status.attempt = batch_.attempt;
  status.last_error = last_error_;
  return status;
}

}  // namespace shardmill::dispatch
