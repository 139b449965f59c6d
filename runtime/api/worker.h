// Running a function: one event in, one outcome out. Implemented by child processes (runtime/worker), by inline calls,
// and by fakes. All of it lives on the dispatch executor.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/chunk.h"
#include "api/deployment.h"
#include "api/sequence.h"
#include "api/task.h"
#include "base/interface.h"
#include "base/result.h"

namespace shardmill {

// A batch of consecutive records of one shard. Borrowed for the call.
struct StreamEvent {
  std::string_view stream;  // name
  std::string_view stream_arn;
  ShardNumber shard{};
  SequencePrefix prefix{};
  std::span<const ChunkSlice> slices;
};

// Any JSON (or other) bytes, handed over as they are. Borrowed for the call.
struct PayloadEvent {
  std::string_view bytes;
};

struct Invocation {
  std::string request_id;       // UUID, new for every invocation
  std::uint32_t attempt = 1;    // counts from 1 for the same batch
  std::string idempotency_key;  // the same for every attempt at the same batch
  std::chrono::milliseconds timeout{3000};
  std::variant<StreamEvent, PayloadEvent> event;
};

// What an invocation's event is. The values are those of the functions' boundary (sdk/include/shardmill/abi.h).
enum class EventKind : std::uint8_t { stream_batch = 0, payload = 1 };

enum class OutcomeKind {
  success,
  error,          // the handler threw or said it failed
  crash,          // signal or exit() while it ran
  timeout,        // killed at its deadline
  out_of_memory,  // bad_alloc, or killed at its limit
  protocol,       // the worker's answer was not valid
  not_started,    // no worker could be started: the function did not run
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::success;
  std::string error_type;  // "std::runtime_error", "Runtime.ExitError", ...; empty on success
  std::string reason;      // "timed out after 3 s", "killed by SIGSEGV", "exited with code 3", what() ...
};

struct InvocationResult {
  Outcome outcome;
  // On success what was emitted, in output.h's format, still in memory the worker can write: read every size once,
  // check it, copy. Valid until the lease is invoked again or given back.
  Bytes outputs;
  std::uint32_t output_count = 0;
  // The names that the indices of `outputs` stand for, when the workers may emit to any stream; else empty and the
  // indices are into the deployment's `settings.outputs`.
  std::vector<std::string> output_names;
  std::string response;  // bytes that the handler returned for a payload event
  std::chrono::microseconds duration{0};
};

// A worker borrowed for one lane. Giving it back is destroying the lease.
class Lease : public Interface {
 public:
  // Never throws for what user code does; that is an outcome. One call at a time.
  virtual Task<InvocationResult> invoke(const Invocation& invocation) = 0;
};

// The workers of one deployment. Leases outlive it safely: a retired pool ends its workers as they come back.
class WorkerPool : public Interface {
 public:
  // Waits, first come first served, until a worker is free or one more may be started.
  // Fails with not-started reasons (io, invalid) or cancelled.
  virtual Task<Result<std::unique_ptr<Lease>>> borrow() = 0;
  // Ends idle workers now and the others as they come back; waiting borrowers fail with cancelled.
  virtual void retire() = 0;
  // Whether the function's handler takes such events.
  virtual bool takes(EventKind) const { return true; }
  virtual std::uint32_t running() const = 0;
};

class WorkerPools : public Interface {
 public:
  // Loads the code in a first worker (a probe) and keeps that one warm. Fails with the reason in one sentence:
  // "init failed: ...", "timed out after 10 s in init", "killed by SIGSEGV in init".
  virtual Task<Result<std::shared_ptr<WorkerPool>>> open(DeploymentRef deployment) = 0;
};

}  // namespace shardmill
