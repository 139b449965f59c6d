#include "support/dispatch_fixture.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace shardmill::test {

DispatchFixture::DispatchFixture(std::uint64_t seed, dispatch::Settings settings)
    : random(seed), settings_(settings) {
  boot();
}

void DispatchFixture::boot() {
  io = std::make_unique<boost::asio::io_context>(1);
  dispatch::Services services{io->get_executor(), streams, streams, streams, streams, time, time, random, log};
  dispatcher = std::make_unique<dispatch::Dispatcher>(services, settings_);
}

void DispatchFixture::crash() {
  for (auto& pool : pools_) pool->drop_waiting();
  pools_.clear();
  time.drop_waiting();
  streams.drop_waiting();
  dispatcher.reset();
  boot();
}

DispatchFixture::~DispatchFixture() {
  streams.hold_commits = false;
  streams.full = false;
  std::shared_ptr<bool> stopped = begin(dispatcher->stop());
  for (int round = 0; round < 100 && !*stopped; ++round) {
    for (auto& pool : pools_) pool->release();
    advance(std::chrono::minutes(1));
  }
  if (!*stopped) {
    std::fputs("a batch in flight did not end\n", stderr);
    std::abort();
  }
  streams.drop_waiting();
}

void DispatchFixture::run(Random* choose) {
  do {
    io->restart();
    io->poll();
  } while (streams.pump(choose != nullptr ? choose->next() : 0));
  io->restart();
  io->poll();
}

void DispatchFixture::advance(std::chrono::milliseconds by, Random* choose) {
  SteadyTime to = time.steady() + by;
  run(choose);
  while (true) {
    std::optional<SteadyTime> due = time.next_due();
    if (!due || *due > to) break;
    time.move_to(*due);
    run(choose);
  }
  time.move_to(to);
  run(choose);
}

std::shared_ptr<bool> DispatchFixture::begin(Task<void> task) {
  auto done = std::make_shared<bool>(false);
  boost::asio::co_spawn(*io, std::move(task), [done](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
    *done = true;
  });
  run();
  return done;
}

void DispatchFixture::await(Task<void> task) {
  if (!*begin(std::move(task))) throw std::logic_error("the task waits for something that does not happen");
}

DeploymentRef DispatchFixture::deployment(std::string version, StreamTrigger trigger,
                                          std::vector<std::string> outputs) {
  Deployment made;
  made.function = "f";
  made.version = std::move(version);
  made.settings.outputs = std::move(outputs);
  made.settings.stream_triggers = {std::move(trigger)};
  return std::make_shared<const Deployment>(std::move(made));
}

std::shared_ptr<ScriptedPool> DispatchFixture::pool(std::string version, ScriptedPool::Script script,
                                                    std::uint32_t workers) {
  if (!script) script = [](const Call&) { return Reply(); };
  pools_.push_back(std::make_shared<ScriptedPool>(std::move(version), workers, std::move(script)));
  return pools_.back();
}

std::shared_ptr<ScriptedPool> DispatchFixture::deploy(StreamTrigger trigger, ScriptedPool::Script script,
                                                      std::vector<std::string> outputs, std::string version) {
  std::shared_ptr<ScriptedPool> workers = pool(version, std::move(script));
  await(dispatcher->deploy(deployment(version, std::move(trigger), std::move(outputs)), workers));
  return workers;
}

FunctionStatus DispatchFixture::status() const {
  std::vector<FunctionStatus> all = dispatcher->status();
  if (all.empty()) throw std::logic_error("no function is deployed");
  return all.front();
}

std::optional<LaneStatus> DispatchFixture::lane(ShardNumber shard) const {
  for (LaneStatus& lane : status().lanes) {
    if (lane.shard == shard) return std::move(lane);
  }
  return std::nullopt;
}

}  // namespace shardmill::test
