// The workers of one deployment, whatever they are: who waits, who is idle, how many there may be. On the dispatch
// executor.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "api/clock.h"
#include "worker/worker.h"

namespace shardmill::worker {

class Pool final : public WorkerPool, public std::enable_shared_from_this<Pool> {
 public:
  // At most `limit` workers at once. `first` has been started already.
  Pool(boost::asio::any_io_executor executor, const Clock& clock, StartWorker start, std::uint32_t limit,
       std::unique_ptr<Worker> first);

  Task<Result<std::unique_ptr<Lease>>> borrow() override;
  void retire() override;
  [[nodiscard]] std::uint32_t running() const override { return count_; }
  [[nodiscard]] bool takes(EventKind kind) const override {
    return (event_kinds_ >> static_cast<unsigned>(kind) & 1) != 0;
  }

 private:
  class PoolLease;
  // What a waiting borrower gets: a worker, or (null) the place of one that it may start; or nothing any more.
  struct Turn {
    bool cancelled = false;
    std::unique_ptr<Worker> worker;
  };

  Task<Turn> take_turn();
  // Starts a worker in a place that the caller holds; gives the place on if that fails.
  Task<Result<std::unique_ptr<Worker>>> start_worker();
  void give_back(std::unique_ptr<Worker> worker);
  void free_place();
  void let_go(std::unique_ptr<Worker> worker);

  const boost::asio::any_io_executor executor_;
  const Clock& clock_;
  const StartWorker start_;
  const std::uint32_t limit_;
  const std::uint64_t event_kinds_;

  bool retired_ = false;
  std::uint32_t count_ = 1;                    // places taken: by workers and by starts under way
  std::vector<std::unique_ptr<Worker>> idle_;  // the one used last is used next: the others' memory can be swapped
  std::deque<Callback<Turn>> waiting_;
  // After starts that failed in a row the next one waits.
  std::uint32_t failed_starts_ = 0;
  SteadyTime next_start_{};
};

}  // namespace shardmill::worker
