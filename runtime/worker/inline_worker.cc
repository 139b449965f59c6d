#include "worker/inline_worker.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <dlfcn.h>
#include <fmt/format.h>

#include "worker/event_encoder.h"
#include "worker/function_host.h"
#include "worker/memory_file.h"
#include "worker/reasons.h"

namespace shardmill::worker {

namespace {

using Job = std::move_only_function<void()>;

// Loaded once and for good: nothing is ever unloaded from a live process.
Result<const shardmill_function_table*> load_library(const Deployment& deployment) {
  void* library = dlopen(deployment.code_path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return fail(Errc::invalid, fmt::format("cannot be loaded: {}", dlerror()));
  auto* table = static_cast<const shardmill_function_table*>(dlsym(library, "shardmill_function"));
  if (auto good = check_table(table); !good) return std::unexpected(good.error());
  return table;
}

}  // namespace

// What the function's thread works with.
struct InlineWorker::Room {
  Mapping input;
  Mapping output;
  const shardmill_function_table* table = nullptr;
  std::optional<FunctionHost> host;
  std::string request_id;  // of the invocation under way; set while the thread is idle

  // Guarded by mutex.
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool leaving = false;
  // Null after the end of the worker: clock and sink outlive it, but perhaps not a thread that nobody can stop.
  const WorkerServices* use = nullptr;

  void post(Job job) {
    {
      std::lock_guard lock(mutex);
      jobs.push_back(std::move(job));
    }
    changed.notify_one();
  }
  void leave() {
    {
      std::lock_guard lock(mutex);
      leaving = true;
      use = nullptr;
    }
    changed.notify_one();
  }
  void log(const Deployment& deployment, std::int32_t level, std::string_view text) {
    const auto log_level = static_cast<LogLevel>(level < 0 ? 0 : level > 3 ? 3 : level);
    std::lock_guard lock(mutex);
    if (use == nullptr) return;
    use->logs.write({use->clock.now(), deployment.function, deployment.version, request_id, log_level,
                     std::string(text.substr(0, kMaxLogLine))});
  }
  // The function's instance lives and dies on this thread.
  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return leaving || !jobs.empty(); });
      if (jobs.empty()) break;
      Job job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = {};
      lock.lock();
    }
    lock.unlock();
    if (host) host->destroy();
  }
  // Runs `call` on the thread; the awaiting coroutine goes on on its own executor.
  Task<CallReport> on_thread(std::move_only_function<CallReport()> call) {
    co_return co_await await_callback<CallReport>([this, &call](Callback<CallReport> done) {
      post([call = std::move(call), done = std::move(done)]() mutable { done(call()); });
    });
  }
};

InlineWorker::InlineWorker(const WorkerServices& use, DeploymentRef deployment, std::shared_ptr<Room> room)
    : use_(use), deployment_(std::move(deployment)), room_(std::move(room)) {
  std::thread([thread_room = room_] { thread_room->run(); }).detach();
}

InlineWorker::~InlineWorker() {
  room_->leave();
}

Task<Result<std::unique_ptr<InlineWorker>>> InlineWorker::start(const WorkerServices& use,
                                                                DeploymentRef deployment) {
  if (!deployment->settings.environment.empty()) {
    co_return fail(
        Errc::invalid,
        "\"Environment\" needs \"Isolation\": \"process\": an inline function has the server's environment");
  }
  auto table = load_library(*deployment);
  if (!table) co_return std::unexpected(table.error());
  auto room = std::make_shared<Room>();
  auto input = make_private_memory(kInputSize);
  auto output = make_private_memory(kOutputSize);
  if (!input) co_return std::unexpected(input.error());
  if (!output) co_return std::unexpected(output.error());
  room->input = std::move(*input);
  room->output = std::move(*output);
  room->table = *table;
  FunctionIdentity identity{deployment->function, deployment->version, deployment->settings.outputs,
                            use.any_output};
  room->use = &use;
  auto write = [deployment, &room = *room](std::int32_t level, std::string_view text) {
    room.log(*deployment, level, text);
  };
  room->host.emplace(std::move(identity), **table, room->output.memory(), std::move(write));
  std::unique_ptr<InlineWorker> self(new InlineWorker(use, deployment, room));
  // Named, as below: g++ 12 destroys captures of a temporary in a co_await expression twice.
  std::move_only_function<CallReport()> init = [room] { return room->host->init(); };
  CallReport report = co_await room->on_thread(std::move(init));
  if (report.status == ReplyStatus::out_of_memory) co_return fail(Errc::invalid, "out of memory in init");
  if (report.status != ReplyStatus::ok) {
    co_return fail(Errc::invalid, fmt::format("init failed: {}: {}", report.error_type, report.error_text));
  }
  co_return self;
}

std::uint64_t InlineWorker::event_kinds() const {
  return room_->table->event_kinds;
}

Task<InvocationResult> InlineWorker::invoke(const Invocation& invocation) {
  InvocationResult result;
  auto frame = encode_invocation(invocation, room_->input.memory());
  if (!frame) {
    result.outcome = not_started(frame.error().text);
    co_return result;
  }
  const SteadyTime started = use_.clock.steady();
  frame->deadline_unix_ms = use_.clock.now().ms + invocation.timeout.count();
  frame->deadline_steady_ns = std::chrono::nanoseconds((started + invocation.timeout).time_since_epoch()).count();
  room_->request_id = invocation.request_id;
  std::move_only_function<CallReport()> handle = [room = room_, asked = *frame] {
    return room->host->handle(asked, room->input.memory().data());
  };
  CallReport report = co_await room_->on_thread(std::move(handle));
  const auto took = use_.clock.steady() - started;
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(took);
  if (took > invocation.timeout) {
    const auto took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took);
    result.outcome = {OutcomeKind::timeout, "Sandbox.Timedout",
                      fmt::format("took {}, its timeout is {} (an inline function cannot be stopped)",
                                  seconds_text(took_ms), seconds_text(invocation.timeout))};
    co_return result;
  }
  if (report.status == ReplyStatus::out_of_memory) {
    result.outcome = {OutcomeKind::out_of_memory, "Runtime.OutOfMemory", "out of memory"};
    co_return result;
  }
  if (report.status != ReplyStatus::ok) {
    result.outcome = {OutcomeKind::error, std::move(report.error_type), std::move(report.error_text)};
    co_return result;
  }
  const Bytes memory = room_->output.memory();
  result.outputs = memory.subspan(kOutputsOffset, report.output_size);
  result.output_count = report.output_count;
  result.response = as_text(memory.subspan(report.response.offset, report.response.size));
  if (use_.any_output) result.output_names = room_->host->outputs();
  co_return result;
}

Task<void> InlineWorker::leave() {
  usable_ = false;  // what is destroyed next ends the thread, which destroys the instance
  co_return;
}

}  // namespace shardmill::worker
