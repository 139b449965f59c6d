// A libuv loop on a thread of its own, and the way onto it from other threads.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <uv.h>

#include "base/interface.h"
#include "base/result.h"

namespace shardmill::host {

using Job = std::move_only_function<void()>;

// Runs until it is destroyed: the owner has closed all its handles by then, or closes them in `last`.
class LoopThread : public Interface {
 public:
  static Result<std::unique_ptr<LoopThread>> start();
  ~LoopThread() override;

  // Any thread; runs `job` on the loop's thread soon.
  void post(Job job);
  // Any thread; returns after `job` has run on the loop's thread (at once when called there).
  template <class F>
  auto call(F job) -> decltype(job()) {
    if (on_thread()) return job();
    std::packaged_task<decltype(job())()> task(std::move(job));
    auto result = task.get_future();
    post([&task] { task(); });
    return result.get();
  }
  [[nodiscard]] bool on_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
  // On the loop's thread only.
  [[nodiscard]] uv_loop_t* loop() { return &loop_; }

 private:
  LoopThread() = default;
  void run_posted();

  // Used on the loop's thread.
  uv_loop_t loop_{};
  // uv_async_send may be called by any thread.
  uv_async_t wake_{};
  // Guarded by mutex_.
  std::mutex mutex_;
  std::vector<Job> posted_;

  std::thread thread_;
};

}  // namespace shardmill::host
