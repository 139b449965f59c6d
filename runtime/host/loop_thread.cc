#include "host/loop_thread.h"

#include <csignal>
#include <string>
#include <utility>

namespace shardmill::host {

namespace {

// Signals for the process go to other threads: only the children's end concerns this one.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Result<std::unique_ptr<LoopThread>> LoopThread::start() {
  std::unique_ptr<LoopThread> self(new LoopThread());
  if (int error = uv_loop_init(&self->loop_); error != 0) {
    return fail(Errc::io, std::string("cannot start the loop for files and children: ") + uv_strerror(error));
  }
  self->wake_.data = self.get();
  uv_async_init(&self->loop_, &self->wake_,
                [](uv_async_t* wake) { static_cast<LoopThread*>(wake->data)->run_posted(); });
  self->thread_ = std::thread([loop = &self->loop_] {
    block_signals();
    uv_run(loop, UV_RUN_DEFAULT);
  });
  return self;
}

LoopThread::~LoopThread() {
  if (!thread_.joinable()) return;
  post([this] { uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr); });
  thread_.join();
  uv_loop_close(&loop_);
}

void LoopThread::post(Job job) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(job));
  }
  uv_async_send(&wake_);
}

void LoopThread::run_posted() {
  std::vector<Job> jobs;
  {
    std::lock_guard lock(mutex_);
    jobs.swap(posted_);
  }
  for (Job& job : jobs) job();
}

}  // namespace shardmill::host
