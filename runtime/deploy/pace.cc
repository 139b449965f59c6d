#include "deploy/pace.h"

#include <algorithm>

namespace shardmill::deploy {

void take_look(Watched& watched, const FunctionFiles& files, SteadyTime now, std::chrono::nanoseconds age) {
  if (files == watched.files) return;
  watched = Watched{};
  watched.files = files;
  auto old = std::clamp(age, std::chrono::nanoseconds(0), std::chrono::nanoseconds(std::chrono::hours(1)));
  bool code_gone = files.code.kind == FileStamp::Kind::missing;
  watched.unchanged_since = code_gone ? now : now - std::chrono::duration_cast<SteadyTime::duration>(old);
}

std::optional<SteadyTime> due(const Watched& watched, const Pace& pace) {
  if (watched.settled) return watched.retry_at;
  if (watched.incomplete) return watched.unchanged_since + pace.patience;
  bool code_gone = watched.files.code.kind == FileStamp::Kind::missing;
  return watched.unchanged_since + (code_gone ? pace.removal : pace.settle);
}

bool patience_is_over(const Watched& watched, const Pace& pace, SteadyTime now) {
  return now >= watched.unchanged_since + pace.patience;
}

}  // namespace shardmill::deploy
