// One folder watch, on the host thread.
#pragma once

#include <functional>
#include <string>

#include <uv.h>

#include "base/result.h"

namespace shardmill::host {

// Deletes itself after end().
class ActiveWatch {
 public:
  // Fails with not_found or io.
  static Result<ActiveWatch*> start(uv_loop_t* loop, const std::string& folder, std::function<void()> changed);
  // `changed` is not called any more.
  void end();

 private:
  explicit ActiveWatch(std::function<void()> changed) : changed_(std::move(changed)) {}
  void something_happened();

  uv_fs_event_t events_{};
  uv_timer_t fold_{};
  std::function<void()> changed_;
  int open_handles_ = 2;
};

}  // namespace shardmill::host
