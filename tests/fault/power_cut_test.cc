// Power cuts at random places of random histories, and the proof that a store or a disk that cheats would be caught.
#include "history.h"
#include "seeds.h"

namespace shardmill::test {
namespace {

// A few lives of a store, each ended by a power cut. What must not be, or nothing.
std::string live_and_die(History& history) {
  for (std::uint64_t lives = 1 + history.choose(4); lives > 0 && history.is_sound(); --lives) {
    bool while_opening = history.choose(4) == 0;
    std::uint64_t cut = 1 + history.choose(while_opening ? 30 : 400);
    if (while_opening) history.disk().cut_power_at(cut);
    history.open();
    if (!while_opening) history.disk().cut_power_at(cut);
    for (std::uint64_t steps = history.choose(50); steps > 0 && history.is_alive() && history.is_sound(); --steps) {
      history.step();
    }
    bool orderly = history.choose(3) == 0;
    if (orderly) history.close();
    if (!orderly || history.disk().is_off()) history.restart();
  }
  history.disk().cut_power_at(0);
  history.open();
  history.close_and_check();
  return history.finding();
}

}  // namespace

TEST_CASE("a power cut loses nothing that was acknowledged, and leaves no transaction in part") {
  for_seeds("power cuts", {.plain = 300, .sanitized = 60}, [](std::uint64_t seed) {
    History history(seed);
    return live_and_die(history);
  });
}

TEST_CASE("a history is repeated by its seed to the byte") {
  for (std::uint64_t seed : {3U, 8U, 21U}) {
    History first(seed);
    History second(seed);
    live_and_die(first);
    live_and_die(second);
    CHECK(first.disk().changes() == second.disk().changes());
    CHECK(first.disk().trace() == second.disk().trace());
  }
}

// ---- controls: what a test that cannot fail would let through --------------------------------------------------

namespace {

// The finding of the first of a few histories that has one with that word in it.
std::string finding_with(std::string_view word, FaultyDisk::Lies lies, HistoryOptions options) {
  constexpr std::uint64_t kEnough = 40;
  for (std::uint64_t seed = 1; seed <= kEnough; ++seed) {
    History history(seed, options);
    history.disk().lie(lies);
    std::string finding = live_and_die(history);
    if (finding.empty() || !finding.contains(word)) continue;
    fmt::print("found by seed {}: {}\n", seed, finding);
    return finding;
  }
  return {};
}

}  // namespace

// Also what synchronous=OFF would do: SQLite would sync nothing.
TEST_CASE("a disk that lies about syncs is found out, without the store's marks") {
  CHECK(finding_with("", FaultyDisk::Lies::always, {.marks = MarksFate::lost}) != "");
}

// Also what synchronous=NORMAL would do: no sync of the log at a commit.
TEST_CASE("a disk that lies about syncs of the log only is found out, without the store's marks") {
  CHECK(finding_with("", FaultyDisk::Lies::about_logs, {.marks = MarksFate::lost}) != "");
}

TEST_CASE("a store that answers before its commit is found out") {
  CHECK(finding_with("", FaultyDisk::Lies::never, {.answers_before_commit = true}) != "");
}

TEST_CASE("the store itself says what a lying disk has lost, by its marks") {
  CHECK(finding_with("acknowledged records are missing", FaultyDisk::Lies::about_logs,
                     {.marks = MarksFate::kept}) != "");
}

}  // namespace shardmill::test
