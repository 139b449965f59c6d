// A dispatcher over fakes, with verbs: a test says what happens and in which order, and nothing happens by itself.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "dispatch/asio_time.h"
#include "dispatch/dispatcher.h"
#include "support/manual_time.h"
#include "support/memory_streams.h"
#include "support/scripted_workers.h"

namespace shardmill::test {

class MemoryLog final : public LogSink {
 public:
  void write(LogLine line) override { lines.push_back(std::move(line)); }
  std::vector<LogLine> lines;
};

class DispatchFixture {
 public:
  explicit DispatchFixture(std::uint64_t seed = 1, dispatch::Settings settings = {});
  // Drains. A batch that then does not end is a defect and ends the test.
  ~DispatchFixture();

  // Until nothing is left that could happen without time passing. With `choose`, what the store does next is random.
  void run(Random* choose = nullptr);
  // Lets time pass; every alarm on the way goes off at its time.
  void advance(std::chrono::milliseconds by, Random* choose = nullptr);

  // The process ends at this moment and a new one begins on the same store. No task must be under way.
  void crash();

  // Starts a task; returns whether it has ended already.
  std::shared_ptr<bool> begin(Task<void> task);
  // Starts a task and runs; the task must end.
  void await(Task<void> task);

  // A deployment of function `f` on one trigger.
  [[nodiscard]] static DeploymentRef deployment(std::string version, StreamTrigger trigger,
                                                std::vector<std::string> outputs = {});
  std::shared_ptr<ScriptedPool> pool(std::string version, ScriptedPool::Script script = {},
                                     std::uint32_t workers = 8);
  // Deploys `f` with a function that succeeds unless `script` says otherwise.
  std::shared_ptr<ScriptedPool> deploy(StreamTrigger trigger, ScriptedPool::Script script = {},
                                       std::vector<std::string> outputs = {}, std::string version = "v1");

  [[nodiscard]] FunctionStatus status() const;
  [[nodiscard]] std::optional<LaneStatus> lane(ShardNumber shard) const;

  ManualTime time{WallTime{1'700'000'000'000}};
  MemoryStreams streams{time};
  std::unique_ptr<boost::asio::io_context> io;
  dispatch::SeededRandom random;
  MemoryLog log;
  std::unique_ptr<dispatch::Dispatcher> dispatcher;

 private:
  void boot();

  const dispatch::Settings settings_;
  std::vector<std::shared_ptr<ScriptedPool>> pools_;
};

}  // namespace shardmill::test
