#include "worker/log_lines.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace shardmill::worker {

void LogLines::feed(std::string_view bytes, SteadyTime now) {
  refill(now);
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    add(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    end_line();
    bytes.remove_prefix(end + 1);
  }
}

void LogLines::flush(SteadyTime now) {
  refill(now);
  if (started_) end_line();
  report_dropped();
}

void LogLines::add(std::string_view part) {
  started_ = true;
  const std::size_t room = kMaxLogLine + 2 - line_.size();
  line_ += part.substr(0, room);
  cut_ += part.size() - std::min(part.size(), room);
}

void LogLines::end_line() {
  std::string line = std::exchange(line_, {});
  std::size_t cut = std::exchange(cut_, 0);
  started_ = false;
  const std::size_t cost = std::max(line.size(), LogBudget::kLineCost);
  if (cost > left_) {
    ++dropped_;
    return;
  }
  left_ -= cost;
  report_dropped();
  LogLevel level = LogLevel::info;
  if (line.size() >= 2 && line[0] == kLogMark) {
    level = static_cast<LogLevel>(std::clamp(line[1] - '0', 0, 3));
    line.erase(0, 2);
  }
  if (line.size() > kMaxLogLine) {
    cut += line.size() - kMaxLogLine;
    line.resize(kMaxLogLine);
  }
  if (cut > 0) {
    const std::string note = fmt::format(" ... ({} bytes more)", cut);
    line.resize(kMaxLogLine - note.size());
    line += note;
  }
  take_(level, std::move(line));
}

void LogLines::refill(SteadyTime now) {
  using namespace std::chrono;
  const auto passed = duration_cast<milliseconds>(now - filled_).count();
  const std::size_t gained =
      static_cast<std::size_t>(std::max<std::int64_t>(passed, 0)) * budget_.per_second / 1000;
  if (gained == 0) return;
  left_ = std::min(budget_.burst, left_ + gained);
  filled_ = now;
}

void LogLines::report_dropped() {
  if (dropped_ == 0) return;
  take_(LogLevel::warn, fmt::format("{} log lines left out: more than {} KB/s", std::exchange(dropped_, 0),
                                    budget_.per_second >> 10));
}

}  // namespace shardmill::worker
