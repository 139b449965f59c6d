// A sync that fails, once: nothing is acknowledged after it, what was acknowledged before is kept, and the data that the
// kernel has dropped without a word is not built upon at the next start.
#include "history.h"
#include "seeds.h"

namespace shardmill::test {
namespace {

// What a store does whose disk has failed to sync.
void check_failed(History& history) {
  if (history.failures() != 1) history.find("said to be unavailable not once");
  history.compare();
  std::uint64_t changes = history.disk().changes();
  Transaction nothing;
  auto refused = wait_for<Result<Committed>>([&](auto done) { history.store().commit(nothing, std::move(done)); });
  if (refused || refused.error().code != Errc::unavailable) history.find("a failed store acknowledges");
  history.close();
  if (history.disk().changes() != changes) history.find("a failed store writes");
}

std::string fail_a_sync(History& history) {
  if (history.choose(2) == 0) history.open();
  history.disk().fail_sync_at(1 + history.choose(20));
  if (!history.is_alive()) history.open();
  for (int steps = 0; steps < 60 && history.is_alive() && history.is_sound(); ++steps) history.step();
  if (history.failures() > 0) check_failed(history);
  history.disk().fail_sync_at(0);
  history.choose(2) == 0 ? history.restart() : history.close();  // killed: programs still see what was not synced
  history.open();
  for (std::uint64_t steps = history.choose(20); steps > 0 && history.is_sound(); --steps) history.step();
  history.restart();
  history.open();
  history.close_and_check();
  return history.finding();
}

}  // namespace

TEST_CASE("after a failed sync nothing is acknowledged, and what was acknowledged is there after the restart") {
  for_seeds("failed syncs", {.plain = 120, .sanitized = 40}, [](std::uint64_t seed) {
    History history(seed);
    return fail_a_sync(history);
  });
}

// The server was started again on what the kernel showed of the log, and the disk did not have it.
TEST_CASE("bytes that a failed sync has dropped are not built upon") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    History history(seed);
    history.open();
    history.create();
    history.put_one();
    history.disk().fail_sync_at(1);
    history.put_one();
    REQUIRE(history.failures() == 1);
    history.close();
    history.open();
    history.put_one();
    history.restart();
    history.open();
    REQUIRE(history.finding() == "");
  }
}

TEST_CASE("who waits for a sweep is answered when the store fails between two of its steps") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (std::uint64_t sync = 1; sync <= 6; ++sync) {
      History history(seed);
      history.open();
      for (int stream = 0; stream < 3; ++stream) history.create();  // each is a step: it has closed shards to drop
      for (int change = 0; change < 6; ++change) history.reshard();
      history.clock().advance(std::chrono::hours(48));
      history.disk().fail_sync_at(sync);
      history.sweep();  // returns
    }
  }
}

}  // namespace shardmill::test
