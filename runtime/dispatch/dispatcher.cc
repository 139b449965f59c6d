#include "dispatch/dispatcher.h"

namespace shardmill::dispatch {

struct Dispatcher::Functions {
  std::map<std::string, std::shared_ptr<FunctionRun>> by_name;
  bool stopped = false;
};

Dispatcher::Dispatcher(Services services, const Settings& settings)
    : shared_(std::make_shared<const Shared>(
          Shared{std::move(services), settings, std::make_shared<ByteBudget>(settings.bytes_in_flight)})),
      functions_(std::make_shared<Functions>()) {
  stream_watch_ = shared_->use.catalogue.on_change(
      [weak = std::weak_ptr<Functions>(functions_), executor = shared_->use.executor](const std::string& stream) {
        boost::asio::post(executor, [weak, stream] {
          std::shared_ptr<Functions> functions = weak.lock();
          if (!functions) return;
          for (auto& [name, run] : functions->by_name) run->stream_changed(stream);
        });
      });
}

Dispatcher::~Dispatcher() = default;

Task<void> Dispatcher::deploy(DeploymentRef deployment, std::shared_ptr<WorkerPool> pool) {
  if (functions_->stopped) {
    pool->retire();
    co_return;
  }
  std::shared_ptr<FunctionRun>& slot = functions_->by_name[deployment->function];
  if (!slot) slot = std::make_shared<FunctionRun>(shared_, deployment->function);
  std::shared_ptr<FunctionRun> run = slot;
  run->set(std::move(deployment), std::move(pool));
  co_await run->caught_up();
}

Task<void> Dispatcher::remove(std::string function) {
  std::shared_ptr<Functions> functions = functions_;
  auto found = functions->by_name.find(function);
  if (found == functions->by_name.end()) co_return;
  std::shared_ptr<FunctionRun> run = found->second;
  run->leave();
  co_await run->ended();
  found = functions->by_name.find(function);
  if (found != functions->by_name.end() && found->second == run && run->is_over()) functions->by_name.erase(found);
}

Task<void> Dispatcher::stop() {
  std::shared_ptr<Functions> functions = functions_;
  functions->stopped = true;
  std::vector<std::shared_ptr<FunctionRun>> runs;
  for (auto& [name, run] : functions->by_name) runs.push_back(run);
  for (auto& run : runs) run->leave();
  for (auto& run : runs) co_await run->ended();
}

std::vector<FunctionStatus> Dispatcher::status() const {
  std::vector<FunctionStatus> all;
  for (const auto& [name, run] : functions_->by_name) all.push_back(run->status());
  return all;
}

}  // namespace shardmill::dispatch
