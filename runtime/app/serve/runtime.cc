#include "app/serve/runtime.h"

#include <algorithm>
#include <future>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "http/kinesis/service.h"
#include "triggers/builtin.h"

namespace shardmill::app {
namespace {

// Deploy knows dispatch by this only.
class DispatchedFunctions final : public deploy::LiveFunctions {
 public:
  explicit DispatchedFunctions(dispatch::Dispatcher& dispatcher) : dispatcher_(dispatcher) {}
  Task<void> deploy(DeploymentRef deployment, std::shared_ptr<WorkerPool> pool) override {
    return dispatcher_.deploy(std::move(deployment), std::move(pool));
  }
  Task<void> remove(std::string function) override { return dispatcher_.remove(std::move(function)); }

 private:
  dispatch::Dispatcher& dispatcher_;
};

// Waits for a completion that comes on another thread.
template <class T, class Start>
T wait_for(Start start) {
  std::promise<T> answer;
  start(Callback<T>([&](T value) { answer.set_value(std::move(value)); }));
  return answer.get_future().get();
}

std::string stream_arn_prefix(const deploy::ServerSettings& settings) {
  return fmt::format("arn:aws:kinesis:{}:{}:stream/", settings.region, settings.account);
}

// Requests need little beside the store's writer thread; dispatch has a thread of its own.
unsigned http_loops() {
  return std::clamp(std::thread::hardware_concurrency() / 2, 1U, 8U);
}

// What functions left in their temp folders does not outlive the server. The folders themselves stay: on a full disk they
// could not be made again.
worker::WorkerFolders worker_folders(const ServeFolder& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const fs::directory_entry& function : fs::directory_iterator(folder.temp(), error)) {
    for (const fs::directory_entry& left : fs::directory_iterator(function.path(), error)) {
      fs::remove_all(left.path(), error);
    }
  }
  return {folder.root, folder.temp()};
}

constexpr int kKillRounds = 50;
constexpr std::chrono::milliseconds kKillInterval{100};

constexpr std::size_t mebibytes(std::uint32_t count) {
  return std::size_t{count} << 20U;
}

}  // namespace

Runtime::Runtime(RuntimeOptions options)
    : options_(std::move(options)),
      random_(dispatch::system_seed()),
      function_log_(options_.log),
      notices_(options_.log),
      timers_(loop_.executor()) {}

Result<std::unique_ptr<Runtime>> Runtime::open(RuntimeOptions options) {
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(options)));
  if (auto opened = runtime->open_parts(); !opened) return std::unexpected(opened.error());
  return runtime;
}

Result<void> Runtime::open_parts() {
  auto store = Store::open({.folder = options_.folder.data(),
                            .clock = clock_,
                            .tail_bytes = mebibytes(options_.settings.tail_mb),
                            .on_fatal = options_.on_fatal,
                            .on_notice = [this](const std::string& sentence) { notices_.add(sentence); }});
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  if (auto created = create_streams(); !created) return created;

  auto host = host::HostLoop::start();
  if (!host) return std::unexpected(host.error());
  host_ = std::move(*host);
  pools_ = std::make_unique<worker::Pools>(
      worker::WorkerServices{.executor = loop_.executor(),
                             .children = *host_,
                             .clock = clock_,
                             .random = random_,
                             .logs = function_log_,
                             .notice = [this](const std::string& sentence) { notices_.add(sentence); },
                             .folders = worker_folders(options_.folder)});
  dispatcher_ = std::make_unique<dispatch::Dispatcher>(
      dispatch::Services{loop_.executor(), *store_, *store_, *store_, *store_, clock_, timers_, random_,
                         function_log_},
      dispatch::Settings{.bytes_in_flight = mebibytes(options_.settings.in_flight_mb),
                         .stream_arn_prefix = stream_arn_prefix(options_.settings)});
  live_ = std::make_unique<DispatchedFunctions>(*dispatcher_);
  deployer_ = std::make_unique<deploy::Deployer>(
      deploy::DeployerServices{loop_.executor(), *store_, *pools_, *live_, *host_, clock_, timers_, options_.log},
      deploy::DeployerOptions{
          options_.folder.functions(), options_.folder.archive(), triggers::builtin_kinds(), {}});

  // The port is taken before any function runs: a second server on the folder's port must not begin work.
  if (auto listening = listen(); !listening) return listening;
  if (auto started = deployer_->start(); !started) return started;
  loop_.start();
  return {};
}

Result<void> Runtime::create_streams() {
  for (const deploy::InitialStream& wanted : options_.settings.streams) {
    if (store_->find(wanted.name) != nullptr) continue;
    auto made = wait_for<Result<StreamRef>>([&](Callback<Result<StreamRef>> done) {
      NewStream stream;
      stream.name = wanted.name;
      stream.shards = wanted.shards;
      stream.retention_hours = wanted.retention_hours;
      store_->create(std::move(stream), std::move(done));
    });
    if (!made) {
      return fail(made.error().code, fmt::format("cannot create the stream \"{}\" of shardmill.json: {}",
                                                 wanted.name, made.error().text));
    }
    options_.log.info(fmt::format("created the stream {} with {} shard{}", wanted.name, wanted.shards,
                                  wanted.shards == 1 ? "" : "s"));
  }
  return {};
}

Result<void> Runtime::listen() {
  const deploy::ServerSettings& settings = options_.settings;
  auto key = token_key(options_.folder);
  if (!key) return std::unexpected(key.error());
  admin_source_ = std::make_unique<AdminSource>(AdminSource::Parts{
      loop_, *deployer_, *dispatcher_, *store_, function_log_, notices_,
      http::admin::ServerStatus{
          SHARDMILL_VERSION, ::getpid(), clock_.now(), options_.folder.root.string(), 0, 0, {}}});
  admin_ = std::make_unique<http::admin::AdminService>(*admin_source_);
  kinesis_ = http::kinesis::make_service(
      {*store_, *store_, *store_, clock_},
      {.region = settings.region, .account = settings.account, .retention_hours = settings.retention_hours}, *key);
  http::RouterSettings routes;
  routes.hosts = settings.host_names;
  for (const deploy::AccessKey& access : settings.access_keys) routes.keys.emplace(access.id, access.secret);
  router_ = std::make_unique<http::Router>(
      std::move(routes), std::vector<http::Service*>{admin_.get(), kinesis_.get()}, clock_, random_);
  http::ServerOptions options{
      .address = settings.listen, .port = settings.port, .loops = http_loops(), .limits = {}};
  options.limits.bodies_in_flight = mebibytes(settings.requests_mb);
  options.limits.connections = settings.connections;
  auto server = http::HttpServer::open(options, *router_);
  if (!server) return std::unexpected(server.error());
  http_ = std::move(*server);
  return {};
}

Runtime::Drained Runtime::drain() {
  function_log_.close();
  auto work = [this]() -> Task<void> {
    co_await deployer_->stop();
    co_await dispatcher_->stop();
  };
  std::future<void> drained = loop_.spawn(work());
  http_->stop();
  if (drained.wait_for(options_.settings.stop_timeout) == std::future_status::ready) return Drained::finished;
  // A lane ends with its worker, and so does all that sleeps for it. What no kill ends is an inline function, or a disk
  // that does not answer. A worker that is being started falls to a later round.
  for (int round = 0; round < kKillRounds; ++round) {
    host_->kill_children();
    if (drained.wait_for(kKillInterval) == std::future_status::ready) return Drained::given_up;
  }
  return Drained::stuck;
}

Runtime::~Runtime() {
  if (http_) http_->stop();
  loop_.finish();
}

}  // namespace shardmill::app
