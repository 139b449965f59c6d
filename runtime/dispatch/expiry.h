// What a lane does about records that the stream's retention has removed: it skips and counts them.
#pragma once

#include <cstdint>

#include "api/ids.h"

namespace shardmill::dispatch {

struct Skipped {
  Position next;              // where to go on
  std::uint64_t expired = 0;  // records that were never handled
};

// `next` is the first record not yet handled, `horizon` the oldest one that is still kept (end + 1 if none is).
[[nodiscard]] constexpr Skipped skip_expired(Position next, Position horizon) {
  if (horizon <= next) return {next, 0};
  return {horizon, horizon.value - next.value};
}

}  // namespace shardmill::dispatch
