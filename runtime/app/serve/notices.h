// What a person should know about the server as a whole: goes to the log, and stays in `status`.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "base/logging.h"

namespace shardmill::app {

// Any thread.
class Notices {
 public:
  explicit Notices(Log& log) : log_(log) {}

  void add(const std::string& sentence) {
    log_.warn(sentence);
    std::lock_guard lock(mutex_);
    if (kept_.size() < kMost && std::ranges::find(kept_, sentence) == kept_.end()) kept_.push_back(sentence);
  }
  [[nodiscard]] std::vector<std::string> list() const {
    std::lock_guard lock(mutex_);
    return kept_;
  }

 private:
  static constexpr std::size_t kMost = 20;

  Log& log_;
  mutable std::mutex mutex_;
  std::vector<std::string> kept_;  // guarded by the mutex
};

}  // namespace shardmill::app
