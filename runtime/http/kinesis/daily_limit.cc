#include "http/kinesis/daily_limit.h"

namespace shardmill::http::kinesis {
namespace {

constexpr std::chrono::hours kDay{24};

}  // namespace

bool DailyLimit::admit(StreamId stream) {
  const SteadyTime now = clock_.steady();
  std::lock_guard lock(mutex_);
  std::erase_if(done_, [&](const auto& entry) { return entry.second.back() + kDay <= now; });
  std::deque<SteadyTime>& times = done_[stream];
  while (!times.empty() && times.front() + kDay <= now) times.pop_front();
  if (times.size() >= most_) return false;
  times.push_back(now);
  return true;
}

}  // namespace shardmill::http::kinesis
