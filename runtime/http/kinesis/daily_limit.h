// What AWS allows a stream so many times in any 24 hours, for streams that enforce its limits.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>

#include "api/clock.h"
#include "api/ids.h"

namespace shardmill::http::kinesis {

// Any thread. What was counted is forgotten at a restart.
class DailyLimit {
 public:
  DailyLimit(const Clock& clock, std::size_t most) : clock_(clock), most_(most) {}
  // Whether the stream may do it now, once more; if so it is counted.
  bool admit(StreamId stream);

 private:
  const Clock& clock_;
  const std::size_t most_;
  std::mutex mutex_;
  std::map<StreamId, std::deque<SteadyTime>> done_;  // guarded by mutex_; the last `most_` times, oldest first
};

}  // namespace shardmill::http::kinesis
