// A disk that is full from some write on, and one that fails at some write or read: what is refused was not done, reads
// go on, and so do writes as soon as the disk lets them, without a restart.
#include <algorithm>

#include "history.h"
#include "seeds.h"

namespace shardmill::test {
namespace {

void some_steps(History& history, std::uint64_t most) {
  for (std::uint64_t steps = 1 + history.choose(most); steps > 0 && history.is_alive() && history.is_sound();
       --steps) {
    history.step();
  }
}

// Ends the run in one of three ways, and compares what the next one finds.
std::string end(History& history) {
  if (!history.is_sound()) return history.finding();
  history.disk().cut_power_at(0);
  if (history.is_alive()) history.compare();
  history.disk().is_off() || history.choose(2) == 0 ? history.restart() : history.close();
  history.open();
  history.close_and_check();
  return history.finding();
}

std::string fill_up(History& history) {
  history.open();
  some_steps(history, 20);
  for (std::uint64_t times = 1 + history.choose(3); times > 0 && history.is_alive() && history.is_sound();
       --times) {
    history.disk().fill_up_at(1 + history.choose(60), history.choose(2) == 0);
    if (history.choose(8) == 0) history.disk().cut_power_at(1 + history.choose(100));
    some_steps(history, 20);
    if (history.is_alive() && history.choose(4) == 0) {
      history.close();
      history.open();  // it starts on a full disk, too
      if (history.is_sound() && !history.is_alive() && !history.disk().is_off()) history.find("not opened");
    }
    if (history.is_alive()) history.compare();
    history.disk().make_room();
    history.clock().advance(std::chrono::seconds(1));
    if (history.is_alive()) history.put_one();
  }
  history.disk().make_room();
  return end(history);
}

std::string fail_now_and_then(History& history) {
  history.open();
  for (std::uint64_t times = 1 + history.choose(6); times > 0 && history.is_alive() && history.is_sound();
       --times) {
    some_steps(history, 10);
    if (history.choose(2) == 0) history.disk().fail_write_at(1 + history.choose(20));
    if (history.choose(2) == 0) history.disk().fail_read_at(1 + history.choose(20));
    some_steps(history, 10);
    history.disk().fail_write_at(0);
    history.disk().fail_read_at(0);
  }
  return end(history);
}

}  // namespace

TEST_CASE("on a full disk puts are refused, reads go on, and all goes on when there is space again") {
  for_seeds("full disks", {.plain = 100, .sanitized = 40}, [](std::uint64_t seed) {
    History history(seed);
    return fill_up(history);
  });
}

TEST_CASE("a write or a read that fails once is an error, and the store goes on") {
  for_seeds("failed writes and reads", {.plain = 100, .sanitized = 40}, [](std::uint64_t seed) {
    History history(seed);
    return fail_now_and_then(history);
  });
}

TEST_CASE("nobody is refused for what another transaction of an undone group would have done") {
  History history(1);
  history.open();
  history.create();
  for (int i = 0; i < 3; ++i) history.put_one();
  auto shard =
      std::ranges::find_if(history.state().shards, [](const auto& entry) { return entry.second.end.value > 1; });
  REQUIRE(shard != history.state().shards.end());
  TriggerKey trigger = *history.state().streams.at(shard->second.stream).trigger;
  Plan forward{.puts = {{shard->first, numbered(1, 1)}}, .moves = {{trigger, shard->first, {2}}}};
  Plan behind_it{.puts = {}, .moves = {{trigger, shard->first, {1}}}};
  history.disk().fill_up_at(1, true);
  for (const History::Answer& answer : history.commit_together({forward, behind_it})) {
    REQUIRE(answer.refused);
    CHECK(answer.refused->code == Errc::full);
  }
  history.disk().make_room();
  CHECK_FALSE(history.commit_together({behind_it}).front().refused);
}

}  // namespace shardmill::test
