// A lane: one shard read for one trigger. The unit of order: its records go to the function in consecutive batches, at
// most one of them in flight, each retried until it succeeds or retention has removed it.
//
// Every batch walks through: wait until the batching rule says send, borrow a worker, read (within the byte budget),
// invoke, copy and route the outputs, give the worker back, settle. The worker is borrowed before the read, so that a
// function whose workers hang holds no more batches in memory than it has workers.
//
// While there is nothing to do a lane holds no records, no timer and no worker: it sleeps on its alarm, and a wake-up is
// registered with the shard. While it waits for a retry it holds no records either; they are read again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/deployment.h"
#include "api/observer.h"
#include "api/streams.h"
#include "api/worker.h"
#include "dispatch/output_routes.h"
#include "dispatch/retry.h"
#include "dispatch/services.h"

namespace shardmill::dispatch {

// What the lanes of a trigger run with. Replaced whole; a lane looks at it anew for every attempt.
struct LaneVersion {
  DeploymentRef deployment;
  std::shared_ptr<WorkerPool> pool;  // shared: with the other triggers of the function, and lanes that still use it
  StreamTrigger trigger;
};
using LaneVersionRef = std::shared_ptr<const LaneVersion>;

// Sums of one function over all its lanes and versions, since the runtime started.
struct FunctionCounters {
  std::uint64_t invocations = 0;  // attempts that ran the function
  std::uint64_t errors = 0;       // what failed: attempts, also those that could not start, and reads
  std::uint64_t records = 0;      // settled
  std::uint64_t emitted = 0;      // settled
  std::uint64_t expired = 0;      // removed by retention before they were handled
  std::string last_error;
};

// Where a trigger's lanes read.
struct LaneSource {
  std::string function;
  TriggerKey trigger{};
  StreamId id{};
  std::string stream;
  std::string arn;
};

enum class LaneEnd {
  stopped,       // asked to; its checkpoint is what was settled last
  finished,      // the shard is closed and all of it is settled or expired
  gone,          // the shard does not exist any more
  store_failed,  // nothing can be settled in this process any more
};

class Lane;

class LaneOwner : public Interface {
 public:
  virtual const LaneVersionRef& version() const = 0;
  virtual FunctionCounters& counters() = 0;
  // Comes once, last of all, from the lane's own coroutine.
  virtual void lane_ended(Lane& lane, LaneEnd why) = 0;
};

class Lane : public std::enable_shared_from_this<Lane> {
 public:
  // The owner outlives the lane's run. Everything up to `checkpoint` is settled.
  Lane(SharedRef shared, LaneOwner& owner, std::shared_ptr<const LaneSource> source, const ShardInfo& shard,
       Position checkpoint);

  void start();
  // It ends after the batch in flight. No retry is waited for.
  void stop();
  // The owner's version has changed: a batch that waits for its retry is tried at once.
  void version_changed();

  [[nodiscard]] ShardNumber shard() const { return shard_; }
  [[nodiscard]] Position checkpoint() const { return checkpoint_; }
  [[nodiscard]] LaneStatus status() const;

 private:
  enum class AttemptEnd { settled, nothing_there, version_changed, failed, stopped, gone, store_failed };
  struct Attempt {
    AttemptEnd end;
    Outcome outcome;  // of failed
  };
  // The batch that is being delivered. Its range is fixed by the first read; retention may cut its front.
  struct Batch {
    Position first;
    Position last;
    std::uint32_t records = 0;  // may be fewer than the positions: a range that was lost on disk has none
    bool fixed = false;
    std::uint32_t attempt = 0;   // the one in flight, or the last one
    std::uint32_t attempts = 0;  // that ran the function
    std::uint32_t failures = 0;  // of any kind, in a row: what the backoff goes by
  };
  // What is held in memory of it during an attempt.
  struct Held {
    std::vector<ChunkSlice> slices;
    ByteBudget::Reservation bytes;
  };
  struct Look {
    bool send = false;
    std::optional<LaneEnd> end;
    std::optional<SteadyTime> until;
    Position after;  // wake when there is a record after this one
  };

  // lane.cc: waiting
  Task<void> run();
  Task<LaneEnd> work();
  Task<Result<Look>> look();
  Task<Result<void>> count_waiting(Position end);
  void recount();
  void wake_after(Position position);
  Task<void> back_off(const Backoff& backoff, std::uint32_t failures, const LaneVersion* version);
  void skip_to(Position horizon);
  void note_failure(const std::string& what);

  // lane_delivery.cc: one batch
  static Attempt failed(OutcomeKind kind, std::string reason);
  Task<std::optional<LaneEnd>> deliver();
  Task<Attempt> attempt(LaneVersionRef version);
  Task<Attempt> run_function(std::unique_ptr<Lease> lease, const LaneVersion& version);
  Task<Result<bool>> read_batch(const StreamTrigger& trigger, Held& held);
  void skip_expired_front(const ReadResult& got);
  Task<Result<ReadResult>> read(const ReadRequest& request);
  Task<InvocationResult> invoke(Lease& lease, const LaneVersion& version, const Held& held);
  Task<Attempt> settle(OutputRoutes outputs, ByteBudget::Reservation bytes);
  Task<Attempt> settle_again(const Error& error, OutputRoutes& outputs, Transaction& transaction,
                             std::uint32_t& waits);
  [[nodiscard]] bool source_is_gone() const;

  // Set once.
  const SharedRef shared_;
  LaneOwner& owner_;
  const std::shared_ptr<const LaneSource> source_;  // shared by the trigger's lanes
  const ShardKey key_;
  const ShardNumber shard_;
  const SequencePrefix prefix_;
  const std::unique_ptr<Alarm> alarm_;

  // Progress.
  Position next_;        // the first record not handled yet
  Position checkpoint_;  // settled up to here
  Batch batch_;
  SteadyTime window_began_;
  // Counted towards the batching rule: the records from next_ up to here.
  Position counted_next_;
  std::size_t counted_bytes_ = 0;

  // Waiting.
  bool stopping_ = false;
  std::optional<Position> armed_after_;  // of the wake-up that is still to come
  std::unique_ptr<Interface> wake_handle_;

  // Shown.
  std::optional<std::int64_t> iterator_age_ms_;
  std::string last_error_;
};

}  // namespace shardmill::dispatch
