#include "worker/reasons.h"

#include <csignal>

#include <catch2/catch.hpp>

using namespace shardmill;
using namespace shardmill::worker;
using namespace std::chrono_literals;

namespace {

Ending ended_by(ChildExit exit) {
  Ending ending;
  ending.timeout = 3s;
  ending.memory_mb = 128;
  ending.exit = exit;
  return ending;
}

}  // namespace

TEST_CASE("A worker's end is told with its signal or exit code") {
  CHECK(outcome_of(ended_by({0, SIGSEGV})).reason == "killed by SIGSEGV");
  CHECK(outcome_of(ended_by({0, SIGKILL})).reason == "killed by SIGKILL");
  CHECK(outcome_of(ended_by({0, 77})).reason == "killed by signal 77");
  CHECK(outcome_of(ended_by({3, 0})).reason == "exited with code 3");
  CHECK(outcome_of(ended_by({3, 0})).kind == OutcomeKind::crash);
}

TEST_CASE("A hint of the dying worker follows the signal") {
  Ending ending = ended_by({0, SIGSEGV});
  ending.last_words.word = LastWord::stack_overflow;
  CHECK(outcome_of(ending).reason == "killed by SIGSEGV (stack overflow)");
  ending.last_words.word = LastWord{99};  // a worker can write anything there
  CHECK(outcome_of(ending).reason == "killed by SIGSEGV");
}

TEST_CASE("The deadline explains the kill that it was") {
  Ending ending = ended_by({0, SIGKILL});
  ending.deadline_passed = true;
  CHECK(outcome_of(ending).reason == "timed out after 3 s");
  CHECK(outcome_of(ending).kind == OutcomeKind::timeout);
  ending.stage = Stage::init;
  CHECK(outcome_of(ending).reason == "timed out after 3 s in init");
}

TEST_CASE("A refused allocation explains the crash that follows it") {
  Ending ending = ended_by({0, SIGSEGV});
  ending.last_words = {1, LastWord::null_pointer};
  CHECK(outcome_of(ending).reason == "out of memory (limit 128 MB)");
  CHECK(outcome_of(ending).kind == OutcomeKind::out_of_memory);
}

TEST_CASE("A worker that hung up while it ran, or left because nobody heard it, gave no answer") {
  Ending ending = ended_by({0, 0});
  ending.exit.reset();
  CHECK(outcome_of(ending).kind == OutcomeKind::protocol);
  ending.exit = ChildExit{0, 0};
  ending.last_words.word = LastWord::connection_lost;
  CHECK(outcome_of(ending).reason == "closed its connection to the runtime");
}

TEST_CASE("Times are told in seconds") {
  CHECK(seconds_text(3s) == "3 s");
  CHECK(seconds_text(250ms) == "0.25 s");
  CHECK(seconds_text(900s) == "900 s");
}
