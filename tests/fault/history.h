// A random history of a store on a FaultyDisk, made from a seed: what is asked of the store, what it answers, and what it
// must hold after that. Everything runs in an order that the seed decides, so that a seed repeats a history to the byte
// (but for a full disk: the store then sweeps every 2 s of real time).
//
// An operation that was under way when the power went, or a sync failed, may be there afterwards: wholly or not at all.
// Everything else is certain. One thread.
#pragma once

#include <random>

#include "disk_vfs.h"
#include "state.h"

namespace shardmill::test {

// What becomes of the file of marks in a power cut. Lost marks leave it to the comparison to notice a loss.
enum class MarksFate { torn, lost, kept };

struct HistoryOptions {
  bool answers_before_commit = false;  // a control: what is under way counts as acknowledged
  MarksFate marks = MarksFate::torn;
};

class History {
 public:
  explicit History(std::uint64_t seed, HistoryOptions options = {});

  // Opens the store, lets it sweep what is due, and compares. Once the power goes, it is for restart() to go on.
  void open();
  // One random operation.
  void step();
  void close();
  // Closes the store that has lost its power, and gives it back.
  void restart();
  // Goes on with a store that the test has opened.
  void adopt(std::unique_ptr<Store> store) { store_ = std::move(store); }
  // Compares everything that is certain; of a store that cannot write any more, the records.
  void compare();
  // Closes the store, and has it checked as `store check` does.
  void close_and_check();
  // Puts a record, which must be acknowledged.
  void put_one();

  // The store is open and neither its power nor a sync has failed.
  [[nodiscard]] bool is_alive();
  // How often the store has said that it is unavailable for good, since it was opened.
  [[nodiscard]] int failures() const { return failures_; }
  // Takes note of what must not be; the first counts.
  void find(std::string what);
  [[nodiscard]] const std::string& finding() const { return finding_; }
  [[nodiscard]] bool is_sound() const { return finding_.empty(); }

  FaultyDisk& disk() { return disk_; }
  Store& store() { return *store_; }
  ManualClock& clock() { return clock_; }
  const State& state() const { return certain_; }
  StoreOptions options();
  std::uint64_t choose(std::uint64_t below) { return random_() % below; }
  [[nodiscard]] std::string database() const { return (folder_.path() / "data/store.db").string(); }

  // What can be asked. Each checks the answer and moves what is certain.
  void create();
  void commit_some();
  struct Answer {
    std::optional<Error> refused;
    std::vector<Position> firsts;
  };
  // The answers alone: nothing is checked, and the state does not move.
  std::vector<Answer> commit_together(const std::vector<Plan>& plans);
  void reshard();
  void sweep();

 private:
  void remove();

  // The operation leads to `next` if it was done.
  void settle(State next, const std::optional<Error>& error);

  std::vector<Record> some_records();
  Plan some_plan(const State& state);
  const std::string* some_stream(const State& state);
  void keep_marks();
  void tear_marks();

  const HistoryOptions options_;
  std::mt19937_64 random_;
  FaultyDisk disk_;
  DiskVfs vfs_;
  TempFolder folder_;
  ManualClock clock_;
  const std::size_t wal_bytes_;
  const std::size_t tail_bytes_;

  State certain_;
  std::vector<State> possible_;  // if what was under way was done
  std::string finding_;
  std::string marks_;  // as they were when the store was opened
  std::uint64_t records_ = 0;
  std::atomic<int> failures_ = 0;
  std::unique_ptr<Store> store_;  // last: closed first
};

}  // namespace shardmill::test
