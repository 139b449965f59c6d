#include "deploy/deployer.h"

#include <algorithm>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace shardmill::deploy {
namespace {

constexpr unsigned kMostActions = 4;  // functions that are acted on at a time
constexpr const char* kListName = "live.json";

std::string triggers_of(const FunctionSettings& settings) {
  std::string text;
  for (const StreamTrigger& trigger : settings.stream_triggers) {
    text += fmt::format("{}{}", text.empty() ? ", triggered by " : ", ", trigger.stream);
  }
  return text.empty() ? ", no triggers" : text;
}

}  // namespace

struct Deployer::Function {
  std::string name;
  Watched watched;
  DeploymentRef live;
  std::string state;
  std::string problem;
  WallTime since;
  bool acting = false;
  bool waits_for_streams = false;
  bool brought_back = false;  // or tried: once per run of the server
};

Deployer::Deployer(DeployerServices services, DeployerOptions options)
    : use_(std::move(services)),
      options_(std::move(options)),
      archive_(options_.archive),
      judge_(options_.functions, options_.kinds, use_.catalogue, use_.clock, archive_),
      alarm_(use_.timers.alarm()),
      alive_(std::make_shared<bool>(true)),
      ended_(use_.timers.alarm()) {}

Deployer::~Deployer() {
  *alive_ = false;
  folder_watch_.reset();
  stream_watch_.reset();
  file_thread_.join();
}

// The answer comes back to the executor.
template <class T, class Work>
Task<T> Deployer::on_file_thread(Work work) {
  auto start = [this, work = std::move(work)](Callback<T> done) mutable {
    boost::asio::post(file_thread_, [work = std::move(work), done = std::move(done)]() mutable { done(work()); });
  };
  co_return co_await await_callback<T>(std::move(start));
}

// ---- start and end ----------------------------------------------------------------------------------------------

Result<void> Deployer::start() {
  std::error_code error;
  std::filesystem::create_directories(options_.functions, error);
  if (error) {
    return fail(Errc::io,
                fmt::format("cannot make the folder {}: {}", options_.functions.string(), error.message()));
  }
  if (auto opened = archive_.open(); !opened) return opened;
  auto last_good = read_last_good(options_.archive / kListName);
  if (last_good) {
    last_good_ = std::move(*last_good);
  } else {
    use_.log.warn(last_good.error().text + ": functions whose files are broken now will not run");
  }
  stream_watch_ = use_.catalogue.on_change([this, alive = alive_, executor = use_.executor](const std::string&) {
    boost::asio::post(executor, [this, alive] {
      if (!*alive) return;
      for (auto& [name, function] : functions_) {
        if (std::exchange(function->waits_for_streams, false)) function->watched.settled = false;
      }
      alarm_->wake();
    });
  });
  running_ = true;
  boost::asio::co_spawn(use_.executor, run(), boost::asio::detached);
  return {};
}

Task<void> Deployer::stop() {
  stopping_ = true;
  alarm_->wake();
  while (running_ || acting_ > 0) co_await ended_->wait(std::nullopt);
}

Task<void> Deployer::run() {
  while (!stopping_) {
    co_await look();
    if (stopping_) break;
    if (acting_ == 0) co_await sweep();
    SteadyTime next = use_.clock.steady() + options_.pace.rescan;
    if (auto due_at = begin_actions()) next = std::min(next, *due_at);
    co_await alarm_->wait(next);
  }
  running_ = false;
  ended_->wake();
}

// ---- looking ----------------------------------------------------------------------------------------------------

void Deployer::watch_folder() {
  FileStamp folder = stamp_of(options_.functions);
  if (folder_watch_ && folder.inode == watched_folder_.inode) return;
  watched_folder_ = folder;
  folder_watch_.reset();
  auto watch = use_.watches.watch(options_.functions, [this, alive = alive_, executor = use_.executor] {
    boost::asio::post(executor, [this, alive] {
      if (*alive) alarm_->wake();
    });
  });
  if (watch) {
    folder_watch_ = std::move(*watch);
  } else {
    use_.log.warn(fmt::format("{}; it is looked at every {} s instead", watch.error().text,
                              options_.pace.rescan.count() / 1000));
  }
}

Task<void> Deployer::look() {
  watch_folder();
  auto work = [folder = options_.functions] { return look_at_folder(folder); };
  auto found = co_await on_file_thread<Result<FolderLook>>(work);
  std::string problem = found ? std::string() : found.error().text;
  if (problem != folder_problem_ && !problem.empty()) use_.log.error(problem + "; what runs stays as it is");
  folder_problem_ = std::move(problem);
  if (found) take(*found);
}

void Deployer::take(const FolderLook& found) {
  SteadyTime now = use_.clock.steady();
  for (const auto& [name, files] : found) {
    std::unique_ptr<Function>& function = functions_[name];
    if (!function) {
      function = std::make_unique<Function>();
      function->name = name;
    }
  }
  for (auto& [name, function] : functions_) {
    auto at = found.find(name);
    FunctionFiles files = at == found.end() ? FunctionFiles{} : at->second;
    auto written_ns = std::max(files.code.modified_ns, files.settings.modified_ns);
    take_look(function->watched, files, now,
              std::chrono::nanoseconds(use_.clock.now().ms * 1'000'000 - written_ns));
  }
  // What was removed while no server ran stays removed.
  if (!std::exchange(looked_, true)) {
    std::erase_if(last_good_, [&](const auto& entry) {
      auto at = found.find(entry.first);
      return at == found.end() || at->second.code.kind == FileStamp::Kind::missing;
    });
  }
}

std::optional<SteadyTime> Deployer::begin_actions() {
  SteadyTime now = use_.clock.steady();
  std::optional<SteadyTime> next;
  std::vector<Function*> ready;  // an action may remove its function from the map
  for (auto& [name, function] : functions_) {
    if (function->acting) continue;
    std::optional<SteadyTime> at = due(function->watched, options_.pace);
    if (!at) continue;
    if (*at <= now) {
      ready.push_back(function.get());
    } else {
      next = next ? std::min(*next, *at) : *at;
    }
  }
  for (Function* function : ready) {
    if (acting_ == kMostActions) break;  // the end of an action wakes the loop for the others
    function->acting = true;
    ++acting_;
    boost::asio::co_spawn(use_.executor, act(*function), boost::asio::detached);
  }
  return next;
}

// ---- acting -----------------------------------------------------------------------------------------------------

Task<void> Deployer::act(Function& function) {
  function.watched.settled = true;
  function.watched.retry_at.reset();
  bool code_gone = function.watched.files.code.kind == FileStamp::Kind::missing;
  if (code_gone) {
    co_await remove(function);
  } else {
    co_await judge(function);
  }
  --acting_;
  function.acting = false;
  bool nothing_left = function.watched.settled && function.watched.files == FunctionFiles{} && !function.live;
  if (nothing_left) functions_.erase(functions_.find(function.name));
  alarm_->wake();
  ended_->wake();
}

Task<void> Deployer::remove(Function& function) {
  if (last_good_.erase(function.name) > 0) co_await remember();
  if (function.live) {
    use_.log.info(fmt::format("{}: {}.so is gone; the function ends", function.name, function.name));
    function.live.reset();
    set_state(function, "removed", "");
    co_await use_.live.remove(function.name);
  }
  bool has_settings = function.watched.files.settings.kind != FileStamp::Kind::missing;
  if (has_settings) set_state(function, "waiting", fmt::format("there is {0}.json, but no {0}.so", function.name));
}

Task<void> Deployer::judge(Function& function) {
  if (!function.live && function.state.empty()) set_state(function, "loading", "");
  auto work = [this, name = function.name, files = function.watched.files] {
    return judge_.judge_files(name, files);
  };
  Judgement judgement = co_await on_file_thread<Judgement>(work);
  co_await settle(function, std::move(judgement));
}

Task<void> Deployer::settle(Function& function, Judgement judgement) {
  using Kind = Judgement::Kind;
  function.waits_for_streams = judgement.waits_for_streams;
  bool waits =
      judgement.kind == Kind::incomplete && !patience_is_over(function.watched, options_.pace, use_.clock.steady());
  if (judgement.kind == Kind::changed) {
    function.watched.settled = false;
    function.watched.unchanged_since = use_.clock.steady();
  } else if (waits) {
    function.watched.settled = false;
    function.watched.incomplete = true;
    set_state(function, function.live ? function.state : "loading",
              "waits for the rest of a file: " + judgement.problem);
  } else if (judgement.kind != Kind::good) {
    refuse(function, judgement.problem, judgement.may_pass);
    co_await bring_back(function);
  } else {
    co_await load(function, std::move(judgement));
  }
}

Task<void> Deployer::load(Function& function, Judgement judgement) {
  if (function.live && function.live->version == judgement.deployment->version) {
    set_state(function, "live", "");
    co_return;
  }
  if (!function.live) set_state(function, "loading", function.problem);
  Result<void> switched = co_await switch_to(function, judgement);
  if (switched) {
    set_state(function, "live", "");
    last_good_[function.name] = std::move(judgement.source);
    co_await remember();
    co_return;
  }
  if (stopping_) co_return;  // what is interrupted by the end of the server is no fault of the function's
  bool may_pass = switched.error().code == Errc::io || switched.error().code == Errc::cancelled || !function.live;
  refuse(function, fmt::format("{}.so: {}", function.name, switched.error().text), may_pass);
  co_await bring_back(function);
}

// What ran before the restart of the server runs on while the newest files are no good.
Task<void> Deployer::bring_back(Function& function) {
  if (function.live || std::exchange(function.brought_back, true)) co_return;
  auto at = last_good_.find(function.name);
  if (at == last_good_.end()) co_return;
  auto work = [this, name = function.name, source = at->second] { return judge_.judge_archived(name, source); };
  Judgement judgement = co_await on_file_thread<Judgement>(work);
  if (judgement.kind != Judgement::Kind::good) {
    use_.log.warn(
        fmt::format("{}: the version that was live last cannot run either: {}", function.name, judgement.problem));
    co_return;
  }
  Result<void> switched = co_await switch_to(function, judgement);
  if (switched) {
    std::string problem = function.problem;
    set_state(function, "outdated", std::move(problem));
  } else if (!stopping_) {
    use_.log.warn(fmt::format("{}: the version that was live last cannot run either: {}", function.name,
                              switched.error().text));
  }
}

Task<Result<void>> Deployer::switch_to(Function& function, const Judgement& judgement) {
  DeploymentRef deployment = judgement.deployment;
  deployments_.push_back(deployment);
  Result<std::shared_ptr<WorkerPool>> pool = co_await use_.pools.open(deployment);
  if (!pool) co_return std::unexpected(pool.error());
  bool takes_batches = (*pool)->takes(EventKind::stream_batch);
  if (!takes_batches && !deployment->settings.stream_triggers.empty()) {
    (*pool)->retire();
    co_return fail(Errc::invalid,
                   "its handler takes no batches of stream records, but the settings have a stream trigger");
  }
  if (stopping_) {
    (*pool)->retire();
    co_return fail(Errc::cancelled, "the server is stopping");
  }
  co_await use_.live.deploy(deployment, *pool);
  function.live = deployment;
  std::string text = fmt::format("{}: version {} is live{}", function.name, deployment->version,
                                 triggers_of(deployment->settings));
  use_.log.write(LogLevel::info, text, {});
  co_return Result<void>();
}

void Deployer::refuse(Function& function, std::string problem, bool may_pass) {
  if (may_pass) function.watched.retry_at = use_.clock.steady() + options_.pace.retry;
  set_state(function, function.live ? "outdated" : "refused", std::move(problem));
}

void Deployer::set_state(Function& function, std::string state, std::string problem) {
  if (function.state == state && function.problem == problem) return;
  if (!problem.empty() && problem != function.problem) {
    std::string stays = function.live ? fmt::format("\n  version {} stays live", function.live->version) : "";
    use_.log.write(state == "outdated" || state == "refused" ? LogLevel::error : LogLevel::info,
                   fmt::format("{}: {}{}", function.name, problem, stays), {});
  }
  function.state = std::move(state);
  function.problem = std::move(problem);
  function.since = use_.clock.now();
}

// ---- keeping ----------------------------------------------------------------------------------------------------

Task<void> Deployer::remember() {
  auto work = [path = options_.archive / kListName, last_good = last_good_] {
    return write_last_good(path, last_good);
  };
  Result<void> written = co_await on_file_thread<Result<void>>(work);
  if (!written) use_.log.warn(written.error().text + ": after a restart an older version may come back");
}

// Removes the copies of code that nothing uses. Only called when no action is under way, which might have made one.
Task<void> Deployer::sweep() {
  auto gone = std::ranges::count_if(deployments_, [](const auto& deployment) { return deployment.expired(); });
  if (gone == 0 && std::exchange(swept_, true)) co_return;
  std::erase_if(deployments_, [](const auto& deployment) { return deployment.expired(); });
  std::set<std::filesystem::path> used = {options_.archive / kListName};
  for (const auto& weak : deployments_) {
    if (DeploymentRef deployment = weak.lock()) used.insert(deployment->code_path);
  }
  for (const auto& [name, source] : last_good_) used.insert(archive_.path_of(source.code_sha256));
  auto work = [this, used = std::move(used)] {
    archive_.remove_all_but(used);
    return true;
  };
  co_await on_file_thread<bool>(std::move(work));
}

std::vector<DeployStatus> Deployer::status() const {
  std::vector<DeployStatus> all;
  all.reserve(functions_.size());
  for (const auto& [name, function] : functions_) {
    all.push_back({name, function->live, function->state, function->problem, function->since});
  }
  return all;
}

}  // namespace shardmill::deploy
