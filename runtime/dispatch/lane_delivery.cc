// One batch of a lane, from the first attempt to its settle.
#include <fmt/format.h>

#include "dispatch/batching.h"
#include "dispatch/lane.h"
#include "dispatch/request_id.h"
#include "dispatch/slices.h"

namespace shardmill::dispatch {
namespace {

std::string described(const Outcome& outcome) {
  if (outcome.error_type.empty()) return outcome.reason;
  return fmt::format("{}: {}", outcome.error_type, outcome.reason);
}

}  // namespace

// For reasons outside the handler.
Lane::Attempt Lane::failed(OutcomeKind kind, std::string reason) {
  return {AttemptEnd::failed, {kind, {}, std::move(reason)}};
}

// Nothing: the lane goes on with what is next.
Task<std::optional<LaneEnd>> Lane::deliver() {
  batch_ = Batch();
  while (!stopping_) {
    LaneVersionRef version = owner_.version();
    Attempt got = co_await attempt(version);
    switch (got.end) {
      case AttemptEnd::settled:
      case AttemptEnd::nothing_there:
        batch_ = Batch();
        last_error_.clear();
        co_return std::nullopt;
      case AttemptEnd::version_changed:
        break;
      case AttemptEnd::failed:
        note_failure(described(got.outcome));
        ++batch_.failures;
        co_await back_off(kBatchBackoff, batch_.failures, version.get());
        break;
      case AttemptEnd::stopped:
        co_return LaneEnd::stopped;
      case AttemptEnd::gone:
        co_return LaneEnd::gone;
      case AttemptEnd::store_failed:
        co_return LaneEnd::store_failed;
    }
  }
  co_return LaneEnd::stopped;
}

Task<Lane::Attempt> Lane::attempt(LaneVersionRef version) {
  Result<std::unique_ptr<Lease>> lease = co_await version->pool->borrow();
  if (stopping_) co_return Attempt{AttemptEnd::stopped, {}};
  if (version != owner_.version()) co_return Attempt{AttemptEnd::version_changed, {}};
  if (!lease) co_return failed(OutcomeKind::not_started, "no worker: " + lease.error().text);
  co_return co_await run_function(std::move(*lease), *version);
}

Task<Lane::Attempt> Lane::run_function(std::unique_ptr<Lease> lease, const LaneVersion& version) {
  Held held;
  Result<bool> there = co_await read_batch(version.trigger, held);
  if (!there) {
    if (there.error().code == Errc::not_found) co_return Attempt{AttemptEnd::gone, {}};
    co_return failed(OutcomeKind::not_started, there.error().text);
  }
  if (!*there) co_return Attempt{AttemptEnd::nothing_there, {}};
  if (stopping_) co_return Attempt{AttemptEnd::stopped, {}};

  InvocationResult result = co_await invoke(*lease, version, held);
  window_began_ = shared_->use.clock.steady();
  if (result.outcome.kind != OutcomeKind::success) co_return Attempt{AttemptEnd::failed, std::move(result.outcome)};
  const std::vector<std::string>& streams =
      result.output_names.empty() ? version.deployment->settings.outputs : result.output_names;
  Result<OutputRoutes> outputs =
      OutputRoutes::read(result.outputs, result.output_count, streams, shared_->use.catalogue);
  if (!outputs) co_return failed(OutcomeKind::protocol, outputs.error().text);
  held.bytes.resize(result.outputs.size());
  held.slices.clear();
  lease.reset();
  co_return co_await settle(std::move(*outputs), std::move(held.bytes));
}

// False: there is nothing (any more). Otherwise batch_ is what `held` holds.
Task<Result<bool>> Lane::read_batch(const StreamTrigger& trigger, Held& held) {
  held.bytes = co_await shared_->budget->acquire(kMaxBatchBytes);
  ReadRequest request{key_, next_, trigger.batch_size, kMaxBatchBytes};
  if (batch_.fixed) request = {key_, next_, batch_.records, std::numeric_limits<std::size_t>::max()};
  Result<ReadResult> got = co_await read(request);
  if (!got) co_return std::unexpected(got.error());
  skip_expired_front(*got);
  held.slices = std::move(got->slices);
  if (batch_.fixed) cut_after(held.slices, batch_.last);
  if (held.slices.empty()) co_return false;
  held.bytes.resize(kept_bytes(held.slices));
  batch_.first = held.slices.front().first;
  batch_.last = held.slices.back().last();
  batch_.records = record_count(held.slices);
  batch_.fixed = true;
  co_return true;
}

// Goes past records that retention removed before this read.
void Lane::skip_expired_front(const ReadResult& got) {
  skip_to(got.slices.empty() ? got.next : got.slices.front().first);
}

Task<Result<ReadResult>> Lane::read(const ReadRequest& request) {
  StreamReader& reader = shared_->use.reader;
  if (std::optional<Result<ReadResult>> in_memory = reader.try_read(request)) co_return std::move(*in_memory);
  co_return co_await await_callback<Result<ReadResult>>(
      [&](Callback<Result<ReadResult>> done) { reader.read(request, std::move(done)); });
}

Task<InvocationResult> Lane::invoke(Lease& lease, const LaneVersion& version, const Held& held) {
  Invocation invocation;
  invocation.request_id = new_request_id(shared_->use.random);
  invocation.attempt = batch_.attempt = batch_.attempts + 1;
  invocation.idempotency_key = idempotency_key(shard_, prefix_, batch_.first, batch_.last);
  invocation.timeout = version.deployment->settings.timeout;
  invocation.event = StreamEvent{source_->stream, source_->arn, shard_, prefix_, held.slices};
  iterator_age_ms_ = std::max<std::int64_t>(0, shared_->use.clock.now().ms - held.slices.back().arrival().ms);
  InvocationResult result = co_await lease.invoke(invocation);
  if (result.outcome.kind != OutcomeKind::not_started) {
    ++batch_.attempts;
    ++owner_.counters().invocations;
  }
  co_return result;
}

// Outputs and checkpoint in one transaction. From here on the function is not called again for this batch unless the
// outputs cannot be delivered as they are.
Task<Lane::Attempt> Lane::settle(OutputRoutes outputs, [[maybe_unused]] ByteBudget::Reservation bytes) {
  // Shared with the callback: the transaction must outlive the commit, also when this coroutine is torn down first.
  auto transaction = std::make_shared<Transaction>();
  outputs.give(*transaction);
  transaction->checkpoints.push_back({source_->trigger, key_, batch_.last});
  std::uint32_t waits = 0;
  for (;;) {
    Result<Committed> done = co_await await_callback<Result<Committed>>([&](Callback<Result<Committed>> callback) {
      Transaction& committing = *transaction;
      shared_->use.committer.commit(
          committing, [transaction, callback = std::move(callback)](Result<Committed> result) mutable {
            callback(std::move(result));
          });
    });
    if (done) break;
    Attempt next = co_await settle_again(done.error(), outputs, *transaction, waits);
    if (next.end != AttemptEnd::settled) co_return next;
  }
  FunctionCounters& counters = owner_.counters();
  counters.records += batch_.records;
  counters.emitted += outputs.count();
  checkpoint_ = batch_.last;
  next_ = batch_.last.plus(1);
  recount();
  co_return Attempt{AttemptEnd::settled, {}};
}

bool Lane::source_is_gone() const {
  Result<ShardBounds> bounds = shared_->use.reader.bounds(key_);
  return !bounds && bounds.error().code == Errc::not_found;
}

// What to do about a commit that failed. `settled` says: commit again.
Task<Lane::Attempt> Lane::settle_again(const Error& error, OutputRoutes& outputs, Transaction& transaction,
                                       std::uint32_t& waits) {
  bool wait = true;
  switch (error.code) {
    case Errc::shard_closed:
    case Errc::not_found: {
      if (source_is_gone()) co_return Attempt{AttemptEnd::gone, {}};
      Result<bool> changed = outputs.route_again(transaction, shared_->use.catalogue);
      if (!changed) co_return failed(OutcomeKind::protocol, changed.error().text);
      wait = !*changed;
      break;
    }
    case Errc::full:
    case Errc::limit_exceeded:  // too much waits to be written already
      break;
    case Errc::unavailable:
    case Errc::cancelled:
      co_return Attempt{AttemptEnd::store_failed, {}};
    default:
      co_return failed(OutcomeKind::error, "settle failed: " + error.text);
  }
  if (wait) {
    last_error_ = error.text;
    co_await back_off(kSettleBackoff, ++waits, nullptr);
    if (stopping_) co_return Attempt{AttemptEnd::stopped, {}};
  }
  co_return Attempt{AttemptEnd::settled, {}};
}

}  // namespace shardmill::dispatch
