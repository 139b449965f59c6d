#include "support/worker_fixture.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace shardmill::test {

namespace {

std::filesystem::path make_home() {
  std::string name = (std::filesystem::temp_directory_path() / "shardmill-workers-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  std::filesystem::create_directory(name + "/data");
  std::ofstream(name + "/data/store.db") << "records";
  return std::filesystem::canonical(name);
}

}  // namespace

void KeptLines::write(LogLine line) {
  std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

std::vector<LogLine> KeptLines::all() const {
  std::lock_guard lock(mutex_);
  return lines_;
}

std::vector<std::string> KeptLines::of(const std::string& request_id) const {
  std::vector<std::string> texts;
  for (LogLine& line : all()) {
    if (line.request_id == request_id) texts.push_back(std::move(line.text));
  }
  return texts;
}

WorkerFixture::WorkerFixture(bool any_output, std::chrono::milliseconds init_timeout) : home(make_home()) {
  auto started = host::HostLoop::start();
  if (!started) throw std::runtime_error(started.error().text);
  host = std::move(*started);
  worker::WorkerServices services{.executor = context.get_executor(),
                                  .children = *host,
                                  .clock = clock,
                                  .random = random,
                                  .logs = lines,
                                  .notice = [this](const std::string& sentence) { notices.push_back(sentence); },
                                  .binary = SHARDMILL_BINARY,
                                  .any_output = any_output,
                                  .init_timeout = init_timeout,
                                  .folders = {.kept_from = home, .temp = home / "data/temp"}};
  pools = std::make_unique<worker::Pools>(std::move(services));
}

WorkerFixture::~WorkerFixture() {
  host.reset();  // posts the ends of the last children: before the context goes
  std::filesystem::remove_all(home);
}

Deployment WorkerFixture::deployment(const std::string& name) {
  Deployment made;
  made.function = name;
  made.version = "0123456789ab";
  made.code_path = std::string(SHARDMILL_TEST_FUNCTIONS) + "/" + name + ".so";
  made.settings.outputs = {"out"};
  made.settings.workers = 1;
  return made;
}

std::shared_ptr<WorkerPool> WorkerFixture::open(Deployment deployment) {
  auto pool = run(pools->open(std::make_shared<const Deployment>(std::move(deployment))));
  if (!pool) throw std::runtime_error(pool.error().text);
  return std::move(*pool);
}

std::string WorkerFixture::refusal(Deployment deployment) {
  auto pool = run(pools->open(std::make_shared<const Deployment>(std::move(deployment))));
  return pool ? "opened" : pool.error().text;
}

std::unique_ptr<Lease> WorkerFixture::borrow(WorkerPool& pool) {
  auto lease = run(pool.borrow());
  if (!lease) throw std::runtime_error(lease.error().text);
  return std::move(*lease);
}

InvocationResult WorkerFixture::invoke(Lease& lease, Invocation invocation) {
  return run(lease.invoke(invocation));
}

InvocationResult WorkerFixture::call(WorkerPool& pool, std::string_view bytes, std::chrono::milliseconds timeout) {
  auto lease = borrow(pool);
  Invocation invocation = payload(bytes);
  invocation.timeout = timeout;
  InvocationResult result = run(lease->invoke(invocation));
  result.outputs = {};  // gone with the lease
  return result;
}

Invocation WorkerFixture::payload(std::string_view bytes) const {
  Invocation invocation;
  invocation.request_id = "r-" + std::string(bytes.substr(0, 20));
  invocation.idempotency_key = "key";
  invocation.timeout = std::chrono::seconds(60);
  invocation.event = PayloadEvent{bytes};
  return invocation;
}

}  // namespace shardmill::test
