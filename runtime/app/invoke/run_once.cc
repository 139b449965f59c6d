#include "app/invoke/run_once.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "api/hash_key.h"
#include "dispatch/asio_time.h"
#include "dispatch/output_reader.h"
#include "dispatch/request_id.h"
#include "host/host_loop.h"
#include "triggers/stream/event.h"
#include "worker/reasons.h"
#include "worker/worker_pools.h"

namespace shardmill::app {
namespace {

using triggers::stream::BatchEvent;

class CallbackSink final : public LogSink {
 public:
  explicit CallbackSink(std::function<void(const LogLine&)> take) : take_(std::move(take)) {}
  void write(LogLine line) override { take_(line); }

 private:
  const std::function<void(const LogLine&)> take_;
};

// Reads the outputs while they are there: they go with the lease.
void read_outputs(const InvocationResult& result, const std::vector<std::string>& names, RunReport& report) {
  dispatch::OutputReader reader(result.outputs, result.output_count, names);
  for (auto group = reader.next_group(); !group.empty(); group = reader.next_group()) {
    for (const dispatch::Output& output : group) {
      report.outputs.push_back({names[output.stream], std::string(output.key),
                                output.explicit_hash ? to_decimal(*output.explicit_hash) : std::string(),
                                std::string(as_text(output.data))});
    }
  }
  if (!reader.problem().empty()) report.outcome = {OutcomeKind::error, "Runtime.InvalidOutput", reader.problem()};
}

// A folder of its own under the system's temp folder, removed with all that is in it.
class TempFolder {
 public:
  static Result<TempFolder> make() {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "shardmill-invoke-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr) return fail(Errc::io, "cannot make a temp folder " + name);
    return TempFolder(std::move(name));
  }
  TempFolder(TempFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempFolder& operator=(TempFolder&&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TempFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

class Run {
 public:
  Run(const Deployment& deployment, std::string_view event, const RunOptions& options,
      boost::asio::any_io_executor executor, Children& children, const std::string& temp)
      : deployment_(deployment),
        event_(event),
        options_(options),
        random_(dispatch::system_seed()),
        sink_(options.on_log),
        log_(open_log({})),
        pools_({.executor = std::move(executor),
                .children = children,
                .clock = clock_,
                .random = random_,
                .logs = sink_,
                .notice = [this](const std::string& sentence) { log_->warn(sentence); },
                .any_output = options.any_output,
                .folders = {.kept_from = {}, .temp = temp}}) {}

  Task<Result<RunReport>> go() {
    RunReport report;
    report.request_id = dispatch::new_request_id(random_);
    auto pool = co_await pools_.open(std::make_shared<const Deployment>(deployment_));
    if (!pool) {
      report.outcome = worker::not_started(pool.error().text);
      co_return report;
    }
    if (auto event = take_event(**pool, report); !event) co_return std::unexpected(event.error());
    auto lease = co_await (*pool)->borrow();
    if (!lease) co_return std::unexpected(lease.error());
    co_await invoke(**lease, report);
    lease->reset();
    (*pool)->retire();
    co_return report;
  }

 private:
  Result<void> take_event(const WorkerPool& pool, RunReport& report) {
    const bool batches = pool.takes(EventKind::stream_batch);
    const bool payloads = pool.takes(EventKind::payload);
    if (!batches || (payloads && !triggers::stream::looks_like_batch_event(event_))) return {};
    auto batch = triggers::stream::parse_batch_event(event_, clock_.now());
    if (!batch) {
      return fail(Errc::invalid, fmt::format("the event is not one that {} takes (a batch of Kinesis records)\n{}",
                                             deployment_.function, batch.error().text));
    }
    report.stream = batch->stream;
    report.records = batch->records;
    report.renumbered = batch->renumbered;
    batch_ = std::move(*batch);
    return {};
  }

  Task<void> invoke(Lease& lease, RunReport& report) {
    Invocation invocation;
    invocation.request_id = report.request_id;
    invocation.timeout = options_.timeout;
    if (batch_) {
      invocation.idempotency_key = dispatch::idempotency_key(
          batch_->shard, batch_->prefix, batch_->slices.front().first, batch_->slices.back().last());
      invocation.event = batch_->view();
    } else {
      invocation.idempotency_key = report.request_id;
      invocation.event = PayloadEvent{event_};
    }
    InvocationResult result = co_await lease.invoke(invocation);
    report.outcome = std::move(result.outcome);
    report.response = std::move(result.response);
    report.duration = result.duration;
    const bool named = !result.output_names.empty();
    if (report.outcome.kind == OutcomeKind::success) {
      read_outputs(result, named ? result.output_names : deployment_.settings.outputs, report);
    }
  }

  const Deployment& deployment_;
  const std::string_view event_;
  const RunOptions& options_;
  dispatch::SystemClock clock_;
  dispatch::SeededRandom random_;
  CallbackSink sink_;
  std::unique_ptr<Log> log_;
  worker::Pools pools_;
  std::optional<BatchEvent> batch_;
};

}  // namespace

Result<RunReport> run_once(const Deployment& deployment, std::string_view event, const RunOptions& options) {
  boost::asio::io_context context(1);
  auto host = host::HostLoop::start();
  if (!host) return std::unexpected(host.error());
  auto temp = TempFolder::make();
  if (!temp) return std::unexpected(temp.error());
  Run run(deployment, event, options, context.get_executor(), **host, temp->path());
  std::optional<Result<RunReport>> report;
  boost::asio::co_spawn(
      context, [&]() -> Task<void> { report.emplace(co_await run.go()); },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
  context.run();  // until the worker has left
  host->reset();
  return std::move(*report);
}

}  // namespace shardmill::app
