#include "store/writer.h"

#include <fmt/format.h>

namespace shardmill::store {

namespace {

constexpr std::chrono::milliseconds kStepPause{20};  // between two steps of a sweep while callers wait
constexpr std::chrono::milliseconds kSpaceTry{200};  // between two tries to take the reserve back
constexpr std::chrono::seconds kSweepWhenFull{2};    // between two passes while the disk is full
constexpr int kMostSteps =
    16;  // of checkpoints that readers hinder: the next keeps them out, or the log would grow on

// For a commit that brings records while the disk is full.
Error no_space() {
  return {Errc::full, "the disk is full: nothing was written, try again when there is space"};
}

}  // namespace

Writer::Writer(Core& core, ReadGate& gate, std::unique_ptr<Sweep> sweep, Reserve reserve, WriterOptions options)
    : core_(core),
      gate_(gate),
      options_(std::move(options)),
      sweep_(std::move(sweep)),
      reserve_(std::move(reserve)) {
  sqlite3_wal_hook(
      core_.db.handle(),
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Writer*>(self)->wal_frames_ = frames;
        return SQLITE_OK;
      },
      this);
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_one();
  thread_.join();
  sqlite3_wal_hook(core_.db.handle(), nullptr, nullptr);
}

void Writer::submit(PendingCommit commit) {
  std::size_t cost = cost_of(commit);
  push({std::move(commit), cost});
}

void Writer::submit(std::unique_ptr<Change> change) {
  push({std::move(change), 0});
}

void Writer::push(Item item) {
  {
    std::lock_guard lock(mutex_);
    auto* commit = std::get_if<PendingCommit>(&item.work);
    if (commit != nullptr && queued_bytes_ > 0 && queued_bytes_ + item.cost > options_.queue_bytes) {
      commit->refused = Error{Errc::limit_exceeded,
                              fmt::format("the store is behind: {} bytes wait to be written, at most {} may",
                                          queued_bytes_, options_.queue_bytes)};
      item.cost = 0;
    }
    queued_bytes_ += item.cost;
    queue_.push_back(std::move(item));
  }
  waiting_.notify_one();
}

void Writer::sweep(Callback<Result<void>> done) {
  push({SweepRequest{std::move(done)}, 0});
}

// ---- the thread ------------------------------------------------------------------------------------------------

void Writer::run() {
  std::deque<Item> items;
  while (take(items)) {
    bool idle = items.empty();
    while (!items.empty()) {
      run_item(items);
      checkpoint_if_due();
    }
    sweep_if_due(idle);
    checkpoint_if_due();
    if (failed_) sweep_->refuse(*failed_);  // a pass that is under way will have no further step
  }
  sweep_->cancel();
  if (!failed_) note(checkpoint(SQLITE_CHECKPOINT_TRUNCATE));
}

// Waits for work, or for the time to sweep. False: there is no work and there will be none.
bool Writer::take(std::deque<Item>& items) {
  std::unique_lock lock(mutex_);
  if (failed_ || !sweep_->under_way()) {
    auto awake = [&] { return !queue_.empty() || stopping_; };
    if (failed_) {
      waiting_.wait(lock, awake);
    } else {
      waiting_.wait_until(lock, next_sweep_, awake);
    }
  }
  items.swap(queue_);
  return !items.empty() || !stopping_;
}

void Writer::run_item(std::deque<Item>& items) {
  auto& work = items.front().work;
  if (std::holds_alternative<PendingCommit>(work)) return run_group(items);
  if (auto* change = std::get_if<std::unique_ptr<Change>>(&work)) {
    run_change(**change);
  } else if (failed_) {
    std::get<SweepRequest>(work).done(std::unexpected(*failed_));
  } else {
    sweep_->begin(std::move(std::get<SweepRequest>(work).done));
  }
  items.pop_front();
}

// ---- one transaction -------------------------------------------------------------------------------------------

// Begins with the first write and ends with commit(), or undone.
class Writer::Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (db_.in_transaction()) static_cast<void>(db_.run("ROLLBACK"));
  }
  Result<void> begin() { return db_.in_transaction() ? Result<void>() : db_.run("BEGIN IMMEDIATE"); }
  Result<void> commit() { return db_.in_transaction() ? db_.run("COMMIT") : Result<void>(); }

 private:
  Database& db_;
};

// Takes commits from the front, up to the group's size, and does them all at once.
void Writer::run_group(std::deque<Item>& items) {
  std::vector<PendingCommit> commits;
  std::size_t bytes = 0;
  while (!items.empty()) {
    auto* commit = std::get_if<PendingCommit>(&items.front().work);
    if (commit == nullptr || (!commits.empty() && bytes + items.front().cost > options_.group_bytes)) break;
    bytes += items.front().cost;
    commits.push_back(std::move(*commit));
    items.pop_front();
  }
  {
    std::lock_guard lock(mutex_);
    queued_bytes_ -= bytes;
  }
  if (refuse_appends()) {
    for (PendingCommit& commit : commits) {
      if (!commit.refused && !commit.transaction->appends.empty()) commit.refused = no_space();
    }
  }
  CommitGroup group(core_);
  Result<void> outcome = failed_ ? std::unexpected(*failed_) : write_group(group, commits);
  outcome ? group.publish() : group.forget();
  if (outcome) ++groups_;
  note(outcome);
  answer(commits, outcome);
}

Result<void> Writer::write_group(CommitGroup& group, std::vector<PendingCommit>& commits) {
  Transaction transaction(core_.db);
  for (PendingCommit& commit : commits) {
    Result<void> allowed = group.allowed(commit);
    if (!allowed) {
      commit.refused = allowed.error();
      continue;
    }
    Result<void> done = transaction.begin();
    if (done) done = group.write(commit);
    if (!done) return done;
  }
  return transaction.commit();
}

void Writer::answer(std::vector<PendingCommit>& commits, const Result<void>& outcome) {
  for (PendingCommit& commit : commits) {
    if (!outcome) {  // also for who was refused: what it was compared with is undone
      commit.done(std::unexpected(outcome.error()));
    } else if (commit.refused) {
      commit.done(std::unexpected(std::move(*commit.refused)));
    } else {
      commit.done(std::move(commit.result));
    }
  }
}

void Writer::run_change(Change& change) {
  if (failed_) return change.refuse(*failed_);
  Result<void> outcome;
  {
    Transaction transaction(core_.db);
    outcome = transaction.begin();
    Counters before = core_.counters;
    if (outcome) {
      Result<bool> wrote = change.write(core_);
      if (!wrote) {
        outcome = std::unexpected(wrote.error());
      } else if (*wrote) {
        ++core_.counters.catalogue_version;
        outcome = core_.rows.put_counters(core_.counters);
        if (outcome) outcome = transaction.commit();
      }
    }
    if (!outcome) core_.counters = before;
  }
  outcome ? core_.triggers.keep() : core_.triggers.forget();
  if (outcome) core_.marks.raise(kCatalogueMark, core_.counters.catalogue_version);
  note(outcome);
  outcome ? change.publish(core_) : change.refuse(outcome.error());
}

// ---- after it --------------------------------------------------------------------------------------------------

void Writer::note(const Result<void>& outcome) {
  if (outcome || failed_) return;
  if (outcome.error().code == Errc::full && !reserve_.given_up()) {
    reserve_.give_up();
    core_.notice(
        "the disk is full: new records are refused until there is space; reading, retention and deletion "
        "go on");
  }
  if (outcome.error().code != Errc::unavailable) return;
  failed_ =
      Error{Errc::unavailable, fmt::format("a write did not reach the disk, nothing is acknowledged any more, "
                                           "restart to recover: {}",
                                           outcome.error().text)};
  if (options_.on_fatal) options_.on_fatal(*failed_);
}

// True while the disk is full: until the space that is set aside could be taken back.
bool Writer::refuse_appends() {
  if (!reserve_.given_up()) return false;
  SteadyTime now = core_.clock.steady();
  if (now < next_try_) return true;
  next_try_ = now + kSpaceTry;
  if (!reserve_.take_back()) return true;
  core_.notice("there is space on the disk again: new records are taken");
  return false;
}

void Writer::sweep_if_due(bool idle) {
  SteadyTime now = std::chrono::steady_clock::now();
  if (failed_) return;
  if (now >= next_sweep_) {
    sweep_->begin();
    next_sweep_ = now + options_.sweep_interval;
  }
  if (!sweep_->under_way() || (!idle && now < next_step_)) return;
  run_change(*sweep_);
  next_step_ = now + kStepPause;
  if (reserve_.given_up()) next_sweep_ = std::min(next_sweep_, now + kSweepWhenFull);
}

void Writer::checkpoint_if_due() {
  constexpr int kPageSize = 4096;
  auto threshold = static_cast<int>(options_.wal_bytes / kPageSize);
  if (wal_frames_ < frames_at_checkpoint_) frames_at_checkpoint_ = 0;  // the log was started anew
  if (failed_ || wal_frames_ - frames_at_checkpoint_ < threshold) return;
  if (wal_frames_ < kMostSteps * threshold) {
    note(checkpoint(SQLITE_CHECKPOINT_PASSIVE));
    frames_at_checkpoint_ = wal_frames_;
  } else {
    ReadGate::Closure closure(gate_);
    note(checkpoint(SQLITE_CHECKPOINT_RESTART));
    frames_at_checkpoint_ = 0;
    wal_frames_ = 0;
  }
}

Result<void> Writer::checkpoint(int mode) {
  int rc = sqlite3_wal_checkpoint_v2(core_.db.handle(), nullptr, mode, nullptr, nullptr);
  if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY) return {};
  return std::unexpected(core_.db.error("checkpoint"));
}

}  // namespace shardmill::store
