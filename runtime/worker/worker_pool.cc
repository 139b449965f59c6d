#include "worker/worker_pool.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "worker/reasons.h"

namespace shardmill::worker {

namespace {

constexpr std::chrono::milliseconds kFirstBackoff{100};
constexpr std::chrono::milliseconds kLongestBackoff{10'000};

std::chrono::milliseconds backoff_after(std::uint32_t failures) {
  return std::min(kLongestBackoff, kFirstBackoff * (1U << std::min(failures - 1, 10U)));
}

}  // namespace

// Holds one place of the pool, with a worker in it or, after a failure, without.
class Pool::PoolLease final : public Lease {
 public:
  PoolLease(std::shared_ptr<Pool> pool, std::unique_ptr<Worker> worker)
      : pool_(std::move(pool)), worker_(std::move(worker)) {}
  ~PoolLease() override { pool_->give_back(std::move(worker_)); }

  Task<InvocationResult> invoke(const Invocation& invocation) override {
    if (worker_ != nullptr && worker_->usable()) {
      InvocationResult result = co_await worker_->invoke(invocation);
      // A worker that died while it was idle is found out only now.
      if (result.outcome.kind != OutcomeKind::not_started || worker_->usable()) co_return result;
    }
    worker_.reset();
    auto fresh = co_await pool_->start_worker();
    if (!fresh) {
      InvocationResult result;
      result.outcome = not_started(fresh.error().text);
      co_return result;
    }
    worker_ = std::move(*fresh);
    co_return co_await worker_->invoke(invocation);
  }

 private:
  const std::shared_ptr<Pool> pool_;  // shared: leases outlive the pool's owner
  std::unique_ptr<Worker> worker_;
};

Pool::Pool(boost::asio::any_io_executor executor, const Clock& clock, StartWorker start, std::uint32_t limit,
           std::unique_ptr<Worker> first)
    : executor_(std::move(executor)),
      clock_(clock),
      start_(std::move(start)),
      limit_(limit),
      event_kinds_(first->event_kinds()) {
  idle_.push_back(std::move(first));
}

Task<Result<std::unique_ptr<Lease>>> Pool::borrow() {
  auto self = shared_from_this();
  Turn turn = co_await take_turn();
  if (turn.cancelled) co_return fail(Errc::cancelled, "the function's version has been replaced or removed");
  if (turn.worker == nullptr) {
    auto fresh = co_await start_worker();
    if (!fresh) {
      free_place();
      co_return std::unexpected(fresh.error());
    }
    turn.worker = std::move(*fresh);
  }
  auto lease = std::make_unique<PoolLease>(self, std::move(turn.worker));
  if (retired_) co_return fail(Errc::cancelled, "the function's version has been replaced or removed");
  co_return lease;
}

Task<Pool::Turn> Pool::take_turn() {
  if (retired_) co_return Turn{true, nullptr};
  while (waiting_.empty() && !idle_.empty()) {
    std::unique_ptr<Worker> worker = std::move(idle_.back());
    idle_.pop_back();
    if (worker->usable()) co_return Turn{false, std::move(worker)};
    --count_;
  }
  if (waiting_.empty() && count_ < limit_) {
    ++count_;
    co_return Turn{};
  }
  co_return co_await await_callback<Turn>([this](Callback<Turn> done) { waiting_.push_back(std::move(done)); });
}

Task<Result<std::unique_ptr<Worker>>> Pool::start_worker() {
  if (failed_starts_ > 0 && clock_.steady() < next_start_) {
    boost::asio::steady_timer pause(executor_, next_start_ - clock_.steady());
    boost::system::error_code ignored;
    co_await pause.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  auto worker = co_await start_();
  if (worker) {
    failed_starts_ = 0;
  } else {
    ++failed_starts_;
    next_start_ = clock_.steady() + backoff_after(failed_starts_);
  }
  co_return worker;
}

void Pool::give_back(std::unique_ptr<Worker> worker) {
  if (worker != nullptr && !worker->usable()) worker.reset();
  if (worker == nullptr) {
    free_place();
  } else if (retired_) {
    let_go(std::move(worker));
    --count_;
  } else if (waiting_.empty()) {
    idle_.push_back(std::move(worker));
  } else {
    Callback<Turn> next = std::move(waiting_.front());
    waiting_.pop_front();
    next(Turn{false, std::move(worker)});
  }
}

void Pool::free_place() {
  if (waiting_.empty()) {
    --count_;
    return;
  }
  Callback<Turn> next = std::move(waiting_.front());
  waiting_.pop_front();
  next(Turn{});
}

void Pool::retire() {
  if (std::exchange(retired_, true)) return;
  for (auto& worker : std::exchange(idle_, {})) {
    let_go(std::move(worker));
    --count_;
  }
  for (Callback<Turn>& next : std::exchange(waiting_, {})) next(Turn{true, nullptr});
}

void Pool::let_go(std::unique_ptr<Worker> worker) {
  boost::asio::co_spawn(
      executor_,
      [](std::unique_ptr<Worker> leaving) -> Task<void> { co_await leaving->leave(); }(std::move(worker)),
      boost::asio::detached);
}

}  // namespace shardmill::worker
