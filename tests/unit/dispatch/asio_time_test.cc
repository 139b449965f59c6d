// Real alarms on an io_context.
#include "dispatch/asio_time.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

using namespace shardmill;
using namespace shardmill::dispatch;
using namespace std::chrono_literals;

namespace {

struct Sleeper {
  boost::asio::io_context io;
  AsioTimers timers{io.get_executor()};
  SystemClock clock;
  std::unique_ptr<Alarm> alarm = timers.alarm();
  std::vector<bool> woken;

  void sleep(std::optional<SteadyTime> until) {
    boost::asio::co_spawn(
        io, [this, until]() -> Task<void> { woken.push_back(co_await alarm->wait(until)); }, boost::asio::detached);
  }
  void run() {
    io.restart();
    io.run();
  }
  void poll() {
    io.restart();
    io.poll();
  }
};

}  // namespace

TEST_CASE("an alarm without a time waits until it is woken") {
  Sleeper sleeper;
  sleeper.sleep(std::nullopt);
  sleeper.poll();
  CHECK(sleeper.woken.empty());
  sleeper.alarm->wake();
  sleeper.poll();
  CHECK(sleeper.woken == std::vector<bool>{true});
}

TEST_CASE("a wake before the wait is not lost, and counts once") {
  Sleeper sleeper;
  sleeper.alarm->wake();
  sleeper.alarm->wake();
  sleeper.sleep(std::nullopt);
  sleeper.poll();
  CHECK(sleeper.woken == std::vector<bool>{true});
  sleeper.sleep(std::nullopt);
  sleeper.poll();
  CHECK(sleeper.woken.size() == 1);
}

TEST_CASE("an alarm goes off at its time, not before") {
  Sleeper sleeper;
  SteadyTime until = sleeper.clock.steady() + 5ms;
  sleeper.sleep(until);
  sleeper.run();
  CHECK(sleeper.woken == std::vector<bool>{false});
  CHECK(sleeper.clock.steady() >= until);
}

TEST_CASE("a wake that comes as the timer goes off ends one wait, not two") {
  Sleeper sleeper;
  sleeper.sleep(sleeper.clock.steady() - 1ms);
  sleeper.io.run_one();  // the wait begins; its timer is due already
  sleeper.alarm->wake();
  sleeper.poll();
  REQUIRE(sleeper.woken.size() == 1);
  sleeper.sleep(std::nullopt);
  sleeper.poll();
  sleeper.poll();
  CHECK(sleeper.woken.size() == 1);
}

TEST_CASE("an alarm may be destroyed while its timer runs") {
  Sleeper sleeper;
  sleeper.sleep(sleeper.clock.steady() + 1h);
  sleeper.poll();
  sleeper.alarm.reset();
  sleeper.run();
  CHECK(sleeper.woken.empty());
}

TEST_CASE("the same seed gives the same numbers, another seed gives others") {
  SeededRandom one(42);
  SeededRandom same(42);
  SeededRandom other(43);
  std::uint64_t first = one.next();
  CHECK(first == same.next());
  CHECK(first != other.next());
  CHECK(first != one.next());
}
