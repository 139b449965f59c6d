// Nothing is answered before the commit that holds it has been fsynced. This class enforces it: every write goes
// through its one thread, which takes all that waits into one SQLite transaction (synchronous=FULL: the COMMIT
// returns after the fsync of the write-ahead log), and only when that COMMIT has succeeded shows the records to readers
// and calls back. When it fails, every caller of the group is told so, and nothing of the group was ever visible.
//
// An fsync that failed is never retried, because the kernel may have dropped the pages it was to write: the store is
// unavailable from then on, for good, and says so once through on_fatal. A full disk is not: the group is undone and
// answered with full, new records are refused until there is space again, everything else goes on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>

#include "store/change.h"
#include "store/commit_group.h"
#include "store/read_gate.h"
#include "store/reserve.h"
#include "store/sweep.h"

namespace shardmill::store {

struct WriterOptions {
  std::size_t group_bytes = 0;  // most bytes in one transaction; at least one commit is always taken
  std::size_t queue_bytes = 0;  // most bytes waiting; beyond it commits are refused with limit_exceeded
  std::size_t wal_bytes = 0;    // the write-ahead log is checkpointed whenever it has grown by this
  std::chrono::milliseconds sweep_interval{0};
  std::function<void(const Error&)> on_fatal;  // called once, on the writer thread
};

class Writer {
 public:
  // `core` and `gate` are borrowed for the writer's life. Starts the thread.
  Writer(Core& core, ReadGate& gate, std::unique_ptr<Sweep> sweep, Reserve reserve, WriterOptions options);
  // Finishes what waits, checkpoints, ends the thread.
  ~Writer();

  // Any thread. Everything is done in the order of the calls.
  void submit(PendingCommit commit);
  void submit(std::unique_ptr<Change> change);
  // Groups of commits made durable so far, each by one transaction and one fsync. Any thread.
  [[nodiscard]] std::uint64_t groups() const { return groups_; }
  // Sweeps everything that is due now, at the usual pace, then answers.
  void sweep(Callback<Result<void>> done);

 private:
  struct SweepRequest {
    Callback<Result<void>> done;
  };
  struct Item {
    std::variant<PendingCommit, std::unique_ptr<Change>, SweepRequest> work;
    std::size_t cost = 0;
  };
  class Transaction;

  void push(Item item);
  void run();
  bool take(std::deque<Item>& items);
  void run_group(std::deque<Item>& items);
  void run_change(Change& change);
  void run_item(std::deque<Item>& items);
  Result<void> write_group(CommitGroup& group, std::vector<PendingCommit>& commits);
  void answer(std::vector<PendingCommit>& commits, const Result<void>& outcome);

  void note(const Result<void>& outcome);
  bool refuse_appends();
  void sweep_if_due(bool idle);
  void checkpoint_if_due();
  Result<void> checkpoint(int mode);

  // Set once.
  Core& core_;
  ReadGate& gate_;
  const WriterOptions options_;

  // Writer thread only.
  std::unique_ptr<Sweep> sweep_;
  Reserve reserve_;
  SteadyTime next_sweep_{};
  SteadyTime next_step_{};
  SteadyTime next_try_{};  // of taking the reserve back
  int wal_frames_ = 0;
  int frames_at_checkpoint_ = 0;
  std::optional<Error> failed_;

  std::atomic<std::uint64_t> groups_{0};

  std::mutex mutex_;
  std::condition_variable waiting_;
  // Guarded by mutex_.
  std::deque<Item> queue_;
  std::size_t queued_bytes_ = 0;
  bool stopping_ = false;

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace shardmill::store
