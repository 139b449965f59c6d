// A deployer on a real folder, with workers, dispatch and time in the test's hands.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "deploy/deployer.h"
#include "fake_catalogue.h"
#include "manual_time.h"
#include "tests/support/temp_folder.h"

namespace shardmill::test {

class FakePool final : public WorkerPool {
 public:
  Task<Result<std::unique_ptr<Lease>>> borrow() override {
    co_return Result<std::unique_ptr<Lease>>(fail(Errc::cancelled, "nothing runs in this test"));
  }
  void retire() override { retired = true; }
  [[nodiscard]] bool takes(EventKind kind) const override {
    return kind != EventKind::stream_batch || takes_batches;
  }
  [[nodiscard]] std::uint32_t running() const override { return 0; }

  bool retired = false;
  bool takes_batches = true;
};

class FakePools final : public WorkerPools {
 public:
  Task<Result<std::shared_ptr<WorkerPool>>> open(DeploymentRef deployment) override {
    using Opened = Result<std::shared_ptr<WorkerPool>>;
    ++probes;
    probed_code = bytes_of(deployment->code_path);
    if (during_open) co_await during_open();
    auto problem = problems.find(deployment->settings.memory_mb);
    if (problem != problems.end()) co_return Opened(fail(Errc::invalid, problem->second));
    auto pool = std::make_shared<FakePool>();
    pool->takes_batches = takes_batches;
    opened.push_back(pool);
    co_return Opened(pool);
  }

  std::map<std::uint32_t, std::string> problems;  // by MemorySize, by which tests tell versions
  bool takes_batches = true;
  std::function<Task<void>()> during_open;
  int probes = 0;
  std::string probed_code;
  std::vector<std::shared_ptr<FakePool>> opened;
};

class FakeLive final : public deploy::LiveFunctions {
 public:
  Task<void> deploy(DeploymentRef deployment, std::shared_ptr<WorkerPool> pool) override {
    (void)pool;
    events.push_back("deploy " + deployment->function + " " + std::to_string(deployment->settings.memory_mb));
    live[deployment->function] = std::move(deployment);
    co_return;
  }
  Task<void> remove(std::string function) override {
    events.push_back("remove " + function);
    live.erase(function);
    co_return;
  }

  std::vector<std::string> events;
  std::map<std::string, DeploymentRef> live;
};

class FakeWatches final : public FolderWatches {
 public:
  Result<std::unique_ptr<Interface>> watch(const std::filesystem::path&, std::function<void()> changed) override {
    tell = std::move(changed);
    return std::unique_ptr<Interface>();
  }
  std::function<void()> tell;
};

class RecordingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view text, std::initializer_list<LogField>) override {
    lines.push_back(std::string(log_level_name(level)) + " " + std::string(text));
  }
  std::vector<std::string> lines;
};

class DeployerFixture {
 public:
  DeployerFixture() { start(); }
  ~DeployerFixture() { stop(); }

  void start() {
    deploy::DeployerServices services{context.get_executor(), catalogue, pools, live, watches, time, time, log};
    deploy::DeployerOptions options{functions(), root.path() / "data" / "deployments", kinds(), {}};
    deployer = std::make_unique<deploy::Deployer>(services, std::move(options));
    REQUIRE(deployer->start());
  }
  void stop() {
    if (!deployer) return;
    bool stopped = false;
    auto work = [&]() -> Task<void> {
      co_await deployer->stop();
      stopped = true;
    };
    boost::asio::co_spawn(context, work, boost::asio::detached);
    run_until([&] { return stopped; });
    deployer.reset();
    live.live.clear();
  }

  // ---- verbs

  void put(const std::string& name, const std::string& bytes) {
    // Times of real files run on a real clock: these are from the manual one's start, so that they are new.
    auto path = root.write("functions/" + name, bytes);
    if (watches.tell) watches.tell();
  }
  void put_good(const std::string& function, int memory) {
    put(function + ".json", "{\"MemorySize\": " + std::to_string(memory) + "}");
    put(function + ".so", bytes_of(GOOD_SO));
  }
  void erase(const std::string& name) {
    std::filesystem::remove_all(functions() / name);
    if (watches.tell) watches.tell();
  }
  // Lets time pass until the condition holds.
  void run_until(const std::function<bool()>& condition) {
    for (int turn = 0; turn < 20'000; ++turn) {
      if (condition()) return;
      context.restart();
      context.run_one_for(std::chrono::milliseconds(5));
      while (context.poll() > 0) {
      }
      time.advance(std::chrono::milliseconds(10));
    }
    CAPTURE(log.lines);
    FAIL("waited in vain");
  }
  void until_state(const std::string& function, const std::string& state, const std::string& problem_part = "") {
    run_until([&] {
      deploy::DeployStatus status = status_of(function);
      return status.state == state && status.problem.find(problem_part) != std::string::npos &&
             (problem_part.empty() ? status.problem.empty() : true);
    });
  }
  deploy::DeployStatus status_of(const std::string& function) {
    for (deploy::DeployStatus& status : deployer->status()) {
      if (status.function == function) return status;
    }
    return {};
  }
  [[nodiscard]] std::filesystem::path functions() const { return root.path() / "functions"; }
  [[nodiscard]] std::size_t archived() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root.path() / "data" / "deployments")) {
      count += entry.path().extension() == ".so" ? 1 : 0;
    }
    return count;
  }

  TempFolder root;
  boost::asio::io_context context;
  FakeCatalogue catalogue{{"clicks"}};
  ManualTime time{context.get_executor()};
  FakePools pools;
  FakeLive live;
  FakeWatches watches;
  RecordingLog log;
  std::unique_ptr<deploy::Deployer> deployer;

 private:
  static std::vector<TriggerKind> kinds() {
    return {{"Stream", [](const SettingsNode& node, WallTime, FunctionFile& file) {
               SettingsObject object(node);
               auto place = object.find("Stream");
               StreamTrigger trigger;
               trigger.stream = place->text("a stream").value_or("");
               file.streams.push_back({*place, trigger.stream});
               file.settings.stream_triggers.push_back(trigger);
             }}};
  }
};

}  // namespace shardmill::test
