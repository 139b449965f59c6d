// When the files of a function are acted on: the rules of waiting, as pure functions.
#pragma once

#include <chrono>
#include <optional>

#include "api/clock.h"
#include "deploy/function_folder.h"

namespace shardmill::deploy {

struct Pace {
  // Files must have been left alone for this long: whoever copies them writes more often.
  std::chrono::milliseconds settle{50};
  // For code that is gone: linkers and copiers remove a file before they write it anew.
  std::chrono::milliseconds removal{250};
  // For code that lacks its end: copying over a network may pause.
  std::chrono::milliseconds patience{5'000};
  // Between two looks at the folder when nothing was reported.
  std::chrono::milliseconds rescan{2'000};
  // Before what failed for reasons outside of the files is tried again.
  std::chrono::milliseconds retry{10'000};
};

// What is known about a function's files.
struct Watched {
  FunctionFiles files;         // as seen last
  SteadyTime unchanged_since;  // that long they have been like this
  bool settled = false;        // `files` were acted on, and nothing is left to do
  bool incomplete = false;     // the code in `files` was found to lack its end
  std::optional<SteadyTime> retry_at;
};

// Takes what a look has found. `age` is how long ago the files were last written, by their own times: what was moved
// into the folder is old already.
void take_look(Watched& watched, const FunctionFiles& files, SteadyTime now, std::chrono::nanoseconds age);

// When to act on the files: now or a later time; nothing if there is nothing to do.
[[nodiscard]] std::optional<SteadyTime> due(const Watched& watched, const Pace& pace);

// The code still lacks its end: is it time to give up?
[[nodiscard]] bool patience_is_over(const Watched& watched, const Pace& pace, SteadyTime now);

}  // namespace shardmill::deploy
