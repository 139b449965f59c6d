#include "worker/worker_pools.h"

#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "worker/inline_worker.h"
#include "worker/memory_file.h"
#include "worker/worker_pool.h"
#include "worker/worker_process.h"

namespace shardmill::worker {

namespace {

std::string names_of(std::uint32_t missing) {
  std::string names;
  auto add = [&](std::uint32_t bit, const char* name) {
    if ((missing & bit) != 0) names += std::string(names.empty() ? "" : ", ") + name;
  };
  add(kSystemCallFilter, "system call filter (seccomp)");
  add(kNoNewPrivileges, "no new privileges");
  add(kMemoryLimit, "memory limit");
  add(kFileAccess, "file access rules (Landlock)");
  return names;
}

}  // namespace

Task<Result<std::shared_ptr<WorkerPool>>> Pools::open(DeploymentRef deployment) {
  auto start = starter_of(deployment);
  if (!start) co_return std::unexpected(start.error());
  auto first = co_await (*start)();
  if (!first) co_return std::unexpected(first.error());
  std::uint32_t limit = deployment->settings.workers;
  if (limit == 0) limit = std::max(1U, std::thread::hardware_concurrency());
  co_return std::make_shared<Pool>(use_.executor, use_.clock, std::move(*start), limit, std::move(*first));
}

Result<StartWorker> Pools::starter_of(const DeploymentRef& deployment) {
  if (deployment->settings.isolation == Isolation::in_line) {
    return [this, deployment]() -> Task<Result<std::unique_ptr<Worker>>> {
      co_return co_await InlineWorker::start(use_, deployment);
    };
  }
  auto copy = sealed_copy(deployment->code_path, deployment->function + ".so");
  if (!copy) return std::unexpected(copy.error());
  auto reach = file_reach(*deployment, use_.folders);
  if (!reach) return std::unexpected(reach.error());
  // Shared: starts of workers go on after the pool's owner has let it go.
  auto kit = std::make_shared<const WorkerProcess::Kit>(std::move(*copy), std::move(*reach));
  return [this, deployment, kit]() -> Task<Result<std::unique_ptr<Worker>>> {
    auto worker = co_await WorkerProcess::start(use_, deployment, *kit);
    if (!worker) co_return std::unexpected(worker.error());
    report_missing((*worker)->missing_protection());
    co_return std::move(*worker);
  };
}

void Pools::report_missing(std::uint32_t missing) {
  const std::uint32_t news = missing & ~reported_;
  if (news == 0) return;
  reported_ |= news;
  use_.notice(fmt::format("this machine does not give workers the protection of: {}", names_of(news)));
}

}  // namespace shardmill::worker
