// Why an invocation failed, in the words that users read. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "api/host.h"
#include "api/worker.h"
#include "worker/protocol.h"

namespace shardmill::worker {

// What a worker was doing when it ended.
enum class Stage { init, handle };

struct Ending {
  Stage stage = Stage::handle;
  bool deadline_passed = false;
  std::chrono::milliseconds timeout{0};
  std::optional<ChildExit> exit;  // nothing: it was still running when it closed its connection
  LastWords last_words;
  std::uint32_t memory_mb = 0;
};

// "timed out after 3 s", "killed by SIGSEGV (null pointer)", "exited with code 3", "out of memory (limit 128 MB)".
Outcome outcome_of(const Ending& ending);
Outcome out_of_memory(Stage stage, std::uint32_t memory_mb);
// The worker answered, but not as it has to.
Outcome bad_answer(std::string what);
// The function did not run.
Outcome not_started(std::string why);

// "3 s", "0.25 s"
std::string seconds_text(std::chrono::milliseconds time);
// "SIGSEGV"; "signal 77" for one without a name.
std::string signal_text(int signal);

}  // namespace shardmill::worker
