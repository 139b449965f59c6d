// When a lane invokes its function: the batching rule of an event source mapping, without clock and I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "api/clock.h"
#include "api/deployment.h"

namespace shardmill::dispatch {

// Keys and data of one batch. One record is always sent, however large.
inline constexpr std::size_t kMaxBatchBytes = std::size_t{6} << 20;

// What a lane has before it that was not sent yet.
struct Available {
  std::uint64_t records = 0;
  std::size_t bytes = 0;      // keys + data
  bool more_may_come = true;  // false: the shard is closed, waiting gains nothing
};

struct BatchDecision {
  bool send = false;
  std::optional<SteadyTime> until;  // if not now: when the window is over; nothing: as soon as a record comes
};

// Sends when any of these holds and there is a record: `BatchSize` reached, 6 MB reached, the window is over, no
// window is asked for, nothing more can come. A window begins when the previous invocation completed (for the
// first: when the lane began). A lane that was idle longer than its window thus sends the first record that comes
// at once.
[[nodiscard]] inline BatchDecision decide(const StreamTrigger& trigger, const Available& there,
                                          SteadyTime window_began, SteadyTime now) {
  if (there.records == 0) return {};
  SteadyTime over = window_began + trigger.batching_window;
  bool send =
      there.records >= trigger.batch_size || there.bytes >= kMaxBatchBytes || now >= over || !there.more_may_come;
  if (send) return {true, std::nullopt};
  return {false, over};
}

}  // namespace shardmill::dispatch
