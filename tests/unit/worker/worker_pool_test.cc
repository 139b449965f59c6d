#include "worker/worker_pool.h"

#include <memory>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "support/manual_time.h"

using namespace shardmill;
using namespace shardmill::worker;

namespace {

struct Told {
  int started = 0;
  int left = 0;
  int gone = 0;
  bool refuse = false;  // to start
  OutcomeKind next = OutcomeKind::success;
};

class FakeWorker final : public Worker {
 public:
  explicit FakeWorker(Told& told) : told_(told) { ++told_.started; }
  ~FakeWorker() override { ++told_.gone; }
  Task<InvocationResult> invoke(const Invocation&) override {
    InvocationResult result;
    result.outcome.kind = std::exchange(told_.next, OutcomeKind::success);
    usable_ = result.outcome.kind == OutcomeKind::success;
    co_return result;
  }
  bool usable() const override { return usable_; }
  std::uint64_t event_kinds() const override { return 2; }
  Task<void> leave() override {
    ++told_.left;
    co_return;
  }

 private:
  Told& told_;
  bool usable_ = true;
};

struct Fixture {
  explicit Fixture(std::uint32_t limit) {
    StartWorker start = [this]() -> Task<Result<std::unique_ptr<Worker>>> {
      if (told.refuse) co_return fail(Errc::invalid, "init failed: no");
      co_return std::make_unique<FakeWorker>(told);
    };
    pool = std::make_shared<Pool>(context.get_executor(), time, std::move(start), limit,
                                  std::make_unique<FakeWorker>(told));
  }

  // Borrows into `leases`, once it is this borrower's turn.
  void borrow() {
    boost::asio::co_spawn(
        context,
        [this]() -> Task<void> {
          auto lease = co_await pool->borrow();
          if (lease) {
            leases.push_back(std::move(*lease));
          } else {
            refusals.push_back(lease.error());
          }
        },
        [](std::exception_ptr) {});
    run();
  }
  OutcomeKind invoke(Lease& lease) {
    OutcomeKind kind{};
    Invocation invocation;
    boost::asio::co_spawn(
        context, [&]() -> Task<void> { kind = (co_await lease.invoke(invocation)).outcome.kind; },
        [](std::exception_ptr) {});
    run();
    return kind;
  }
  void run() {
    context.restart();
    context.poll();
  }

  boost::asio::io_context context;
  test::ManualTime time{WallTime{1'700'000'000'000}};
  Told told;
  std::shared_ptr<Pool> pool;
  std::vector<std::unique_ptr<Lease>> leases;
  std::vector<Error> refusals;
};

}  // namespace

TEST_CASE("The first worker is used before another is started") {
  Fixture fixture(2);
  fixture.borrow();
  CHECK(fixture.told.started == 1);
  fixture.borrow();
  CHECK(fixture.told.started == 2);
  fixture.leases.clear();
  fixture.borrow();
  fixture.borrow();
  CHECK(fixture.told.started == 2);
  CHECK(fixture.pool->running() == 2);
}

TEST_CASE("A pool knows what its function takes") {
  Fixture fixture(1);
  CHECK(fixture.pool->takes(EventKind::payload));
  CHECK_FALSE(fixture.pool->takes(EventKind::stream_batch));
}

TEST_CASE("A worker that failed makes room for a fresh one") {
  Fixture fixture(1);
  fixture.borrow();
  fixture.told.next = OutcomeKind::crash;
  CHECK(fixture.invoke(*fixture.leases[0]) == OutcomeKind::crash);
  fixture.borrow();  // waits
  CHECK(fixture.leases.size() == 1);
  fixture.leases.clear();
  fixture.run();
  CHECK(fixture.leases.size() == 1);
  CHECK(fixture.told.started == 2);
  CHECK(fixture.told.gone == 1);
  CHECK(fixture.told.left == 0);
}

TEST_CASE("A lease goes on with a fresh worker after a failure") {
  Fixture fixture(1);
  fixture.borrow();
  fixture.told.next = OutcomeKind::timeout;
  fixture.invoke(*fixture.leases[0]);
  CHECK(fixture.invoke(*fixture.leases[0]) == OutcomeKind::success);
  CHECK(fixture.told.started == 2);
  CHECK(fixture.pool->running() == 1);
}

TEST_CASE("A worker that had ended unseen is replaced before the invocation") {
  Fixture fixture(1);
  fixture.borrow();
  fixture.told.next = OutcomeKind::not_started;
  CHECK(fixture.invoke(*fixture.leases[0]) == OutcomeKind::success);
  CHECK(fixture.told.started == 2);
}

TEST_CASE("A start that fails is told to its borrower, and its place goes to the next") {
  Fixture fixture(1);
  fixture.borrow();
  fixture.told.next = OutcomeKind::crash;
  fixture.invoke(*fixture.leases[0]);
  fixture.told.refuse = true;
  fixture.leases.clear();
  fixture.borrow();
  REQUIRE(fixture.refusals.size() == 1);
  CHECK(fixture.refusals[0].text == "init failed: no");
  CHECK(fixture.pool->running() == 0);
}

TEST_CASE("A retired pool sends its workers away as they come back") {
  Fixture fixture(2);
  fixture.borrow();
  fixture.borrow();
  fixture.leases.pop_back();
  fixture.pool->retire();
  fixture.run();
  CHECK(fixture.told.left == 1);
  CHECK(fixture.pool->running() == 1);
  fixture.borrow();
  REQUIRE(fixture.refusals.size() == 1);
  CHECK(fixture.refusals[0].code == Errc::cancelled);
  fixture.leases.clear();
  fixture.run();
  CHECK(fixture.told.left == 2);
  CHECK(fixture.pool->running() == 0);
}
