#include "support/scripted_workers.h"

#include <cstring>

#include "api/output.h"

namespace shardmill::test {

void emit(Reply& reply, std::uint16_t stream, std::string_view key, std::string_view data,
          std::string_view hash_key) {
  OutputHeader header{static_cast<std::uint32_t>(data.size()), static_cast<std::uint16_t>(key.size()), stream,
                      static_cast<std::uint16_t>(hash_key.size()), 0};
  std::memcpy(reply.outputs.extend(sizeof header).data(), &header, sizeof header);
  reply.outputs.append(as_bytes(key));
  reply.outputs.append(as_bytes(hash_key));
  reply.outputs.append(as_bytes(data));
  ++reply.output_count;
}

Reply failing(std::string reason, OutcomeKind kind) {
  Reply reply;
  reply.outcome = {kind, "", std::move(reason)};
  return reply;
}

class ScriptedPool::ScriptedLease final : public Lease {
 public:
  explicit ScriptedLease(std::shared_ptr<ScriptedPool> pool) : pool_(std::move(pool)) {}
  ~ScriptedLease() override { pool_->give_back(); }

  Task<InvocationResult> invoke(const Invocation& invocation) override {
    Call call = copy(invocation);
    if (pool_->remember) pool_->calls.push_back(call);
    reply_ = pool_->script_(call);
    if (reply_.hold) co_await pool_->held_.next();
    InvocationResult result;
    result.outcome = reply_.outcome;
    result.outputs = reply_.outputs.bytes();
    result.output_count = reply_.output_count;
    co_return result;
  }

 private:
  Call copy(const Invocation& invocation) const {
    const auto& event = std::get<StreamEvent>(invocation.event);
    Call call;
    call.version = pool_->version_;
    call.stream = event.stream;
    call.shard = event.shard;
    call.first = event.slices.front().first;
    call.last = event.slices.back().last();
    call.attempt = invocation.attempt;
    call.request_id = invocation.request_id;
    call.idempotency_key = invocation.idempotency_key;
    if (!pool_->remember) return call;
    for (const ChunkSlice& slice : event.slices) {
      for (Bytes rest = slice.entries; !rest.empty();) {
        RecordView record = next_entry(rest);
        call.records.push_back({std::string(record.partition_key), std::string(as_text(record.data))});
      }
    }
    return call;
  }

  const std::shared_ptr<ScriptedPool> pool_;
  Reply reply_;
};

Task<Result<std::unique_ptr<Lease>>> ScriptedPool::borrow() {
  auto self = shared_from_this();
  if (!fail_borrows.empty()) {
    Error error = std::move(fail_borrows.front());
    fail_borrows.pop_front();
    co_return std::unexpected(error);
  }
  while (!retired_ && free_ == 0) {
    co_await dispatch::suspend<>([this](dispatch::Resume<> resume) { waiting_.push_back(std::move(resume)); });
  }
  if (retired_) co_return fail(Errc::cancelled, "the pool is retired");
  --free_;
  ++busy_;
  co_return std::make_unique<ScriptedLease>(self);
}

void ScriptedPool::give_back() {
  --busy_;
  if (retired_) return;
  ++free_;
  if (waiting_.empty()) return;
  dispatch::Resume<> next = std::move(waiting_.front());
  waiting_.pop_front();
  next();
}

void ScriptedPool::retire() {
  retired_ = true;
  free_ = 0;
  for (dispatch::Resume<>& resume : std::exchange(waiting_, {})) resume();
}

}  // namespace shardmill::test
