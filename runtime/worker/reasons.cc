#include "worker/reasons.h"

#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace shardmill::worker {

namespace {

std::string_view hint(LastWord word) {
  switch (word) {
    case LastWord::null_pointer:
      return " (null pointer)";
    case LastWord::read_only_batch:
      return " (write to the batch, which is read-only)";
    case LastWord::stack_overflow:
      return " (stack overflow)";
    case LastWord::connection_lost:
    case LastWord::none:
      break;
  }
  return "";
}

std::string_view in_stage(Stage stage) {
  return stage == Stage::init ? " in init" : "";
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000);
}

std::string signal_text(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

Outcome outcome_of(const Ending& ending) {
  std::string_view stage = in_stage(ending.stage);
  if (ending.deadline_passed) {
    return {OutcomeKind::timeout, "Sandbox.Timedout",
            fmt::format("timed out after {}{}", seconds_text(ending.timeout), stage)};
  }
  if (ending.last_words.memory_refused != 0) return out_of_memory(ending.stage, ending.memory_mb);
  if (!ending.exit || ending.last_words.word == LastWord::connection_lost) {
    return bad_answer("closed its connection to the runtime");
  }
  std::string how = ending.exit->signal != 0 ? fmt::format("killed by {}{}{}", signal_text(ending.exit->signal),
                                                           stage, hint(ending.last_words.word))
                                             : fmt::format("exited with code {}{}", ending.exit->code, stage);
  return {OutcomeKind::crash, "Runtime.ExitError", std::move(how)};
}

Outcome out_of_memory(Stage stage, std::uint32_t memory_mb) {
  return {OutcomeKind::out_of_memory, "Runtime.OutOfMemory",
          fmt::format("out of memory{} (limit {} MB)", in_stage(stage), memory_mb)};
}

Outcome bad_answer(std::string what) {
  return {OutcomeKind::protocol, "Runtime.InvalidReply", std::move(what)};
}

Outcome not_started(std::string why) {
  return {OutcomeKind::not_started, "Runtime.NotStarted", std::move(why)};
}

}  // namespace shardmill::worker
