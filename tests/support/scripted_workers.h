// Workers that do what a test says, and remember what they were asked.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/worker.h"
#include "dispatch/suspend.h"
#include "support/memory_streams.h"

namespace shardmill::test {

// What a worker was asked, copied out of the invocation.
struct Call {
  std::string version;
  std::string stream;
  ShardNumber shard{};
  Position first;
  Position last;
  std::uint32_t attempt = 0;
  std::string request_id;
  std::string idempotency_key;
  std::vector<TestRecord> records;
};

// What it answers.
struct Reply {
  Outcome outcome;
  ByteBuffer outputs;
  std::uint32_t output_count = 0;
  bool hold = false;  // answers only when the pool's release() is called
};

// One output in api/output.h's format behind the others of `reply`.
void emit(Reply& reply, std::uint16_t stream, std::string_view key, std::string_view data,
          std::string_view hash_key = {});
[[nodiscard]] Reply failing(std::string reason, OutcomeKind kind = OutcomeKind::error);

// Outlives its leases' calls.
class ScriptedPool final : public WorkerPool, public std::enable_shared_from_this<ScriptedPool> {
 public:
  using Script = std::function<Reply(const Call&)>;
  ScriptedPool(std::string version, std::uint32_t workers, Script script)
      : version_(std::move(version)), free_(workers), script_(std::move(script)) {}

  Task<Result<std::unique_ptr<Lease>>> borrow() override;
  void retire() override;
  [[nodiscard]] std::uint32_t running() const override { return busy_ + free_; }

  // Whoever waits for a worker or an answer never goes on, as if the process had ended.
  void drop_waiting() {
    std::exchange(waiting_, {});
    held_.drop();
  }
  // Lets the calls that are held answer.
  void release() { held_.notify(); }
  [[nodiscard]] std::uint32_t busy() const { return busy_; }
  [[nodiscard]] bool is_retired() const { return retired_; }

  std::vector<Call> calls;
  std::deque<Error> fail_borrows;  // the next borrow() calls fail with these
  bool remember = true;            // false: calls stays empty and records are not copied

 private:
  class ScriptedLease;
  void give_back();
  InvocationResult answer(const Reply& reply) const;

  const std::string version_;
  std::uint32_t free_;
  std::uint32_t busy_ = 0;
  bool retired_ = false;
  Script script_;
  std::deque<dispatch::Resume<>> waiting_;
  dispatch::Signal held_;
};

}  // namespace shardmill::test
