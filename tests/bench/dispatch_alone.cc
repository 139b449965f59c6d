// shardmill_dispatch_alone: the store and the lanes without a network and without worker processes, in this process.
// Prints one line of JSON.
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "api/output.h"
#include "dispatch/asio_time.h"
#include "dispatch/dispatcher.h"
#include "store/store.h"

namespace shardmill::bench {
namespace {

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double resident_megabytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

// What the workers do, at once and in this thread; its time is not the lanes'.
class EchoLease final : public Lease {
 public:
  EchoLease(bool emits, double& seconds) : emits_(emits), seconds_(seconds) {}

  Task<InvocationResult> invoke(const Invocation& invocation) override {
    InvocationResult result;
    if (!emits_) co_return result;
    double before = thread_cpu_seconds();
    outputs_.resize_down(0);
    for (const ChunkSlice& slice : std::get<StreamEvent>(invocation.event).slices) {
      for (Bytes rest = slice.entries; !rest.empty(); ++result.output_count) echo(next_entry(rest));
    }
    result.outputs = outputs_.bytes();
    seconds_ += thread_cpu_seconds() - before;
    co_return result;
  }

 private:
  void echo(const RecordView& record) {
    OutputHeader header{static_cast<std::uint32_t>(record.data.size()),
                        static_cast<std::uint16_t>(record.partition_key.size()), 0, 0, 0};
    std::span<std::byte> room = outputs_.extend(sizeof header + record.partition_key.size() + record.data.size());
    std::memcpy(room.data(), &header, sizeof header);
    std::memcpy(room.data() + sizeof header, record.partition_key.data(), record.partition_key.size());
    std::memcpy(room.data() + sizeof header + record.partition_key.size(), record.data.data(), record.data.size());
  }

  const bool emits_;
  double& seconds_;
  ByteBuffer outputs_;
};

class EchoPool final : public WorkerPool {
 public:
  explicit EchoPool(bool emits) : emits_(emits) {}
  Task<Result<std::unique_ptr<Lease>>> borrow() override { co_return std::make_unique<EchoLease>(emits_, seconds); }
  void retire() override {}
  std::uint32_t running() const override { return 0; }

  double seconds = 0;

 private:
  const bool emits_;
};

class NoLog final : public LogSink {
 public:
  void write(LogLine line) override { std::cerr << line.text << "\n"; }
};

struct Shape {
  std::string data;
  std::string stream = "alone";
  std::string output;  // empty: nothing is emitted
  std::uint32_t batch = 10'000;
  std::uint64_t records = 0;
};

DeploymentRef deployment(const Shape& shape) {
  Deployment made;
  made.function = "f" + std::to_string(getpid());  // a trigger of its own: reads from the beginning
  made.version = "1";
  StreamTrigger trigger;
  trigger.stream = shape.stream;
  trigger.batch_size = shape.batch;
  made.settings.stream_triggers = {trigger};
  if (!shape.output.empty()) made.settings.outputs = {shape.output};
  return std::make_shared<const Deployment>(std::move(made));
}

void create(Store& store, const std::string& name, std::uint32_t shards) {
  if (store.find(name)) return;
  std::atomic<bool> done = false;
  store.create({.name = name, .shards = shards, .tags = {}}, [&](Result<StreamRef>) {
    done = true;
    done.notify_all();
  });
  done.wait(false);
}

// A dispatcher on this thread.
struct Lanes {
  explicit Lanes(Store& store)
      : timers(io.get_executor()),
        dispatcher({io.get_executor(), store, store, store, store, clock, timers, random, log}) {}
  void deploy(const Shape& shape, std::shared_ptr<EchoPool> pool) {
    boost::asio::co_spawn(io, dispatcher.deploy(deployment(shape), std::move(pool)), [](std::exception_ptr) {});
  }
  void stop() {
    bool stopped = false;
    boost::asio::co_spawn(io, dispatcher.stop(), [&](std::exception_ptr) { stopped = true; });
    while (!stopped) io.run_one();
  }

  boost::asio::io_context io{1};
  dispatch::SystemClock clock;
  dispatch::AsioTimers timers;
  dispatch::SeededRandom random{1};
  NoLog log;
  dispatch::Dispatcher dispatcher;
};

std::string drain(Store& store, const Shape& shape) {
  Lanes lanes(store);
  auto pool = std::make_shared<EchoPool>(!shape.output.empty());
  auto start = lanes.clock.steady();
  double cpu = thread_cpu_seconds();
  lanes.deploy(shape, pool);
  while (lanes.dispatcher.status().empty() || lanes.dispatcher.status()[0].records < shape.records)
    lanes.io.run_one();
  double seconds = std::chrono::duration<double>(lanes.clock.steady() - start).count();
  cpu = thread_cpu_seconds() - cpu;
  lanes.stop();
  auto records = static_cast<double>(shape.records);
  return fmt::format(
      R"({{"records": {}, "seconds": {:.3f}, "records_per_s": {:.0f}, "lanes_ns_per_record": {:.1f}, "invocations": {}}})",
      shape.records, seconds, records / seconds, (cpu - pool->seconds) * 1e9 / records,
      lanes.dispatcher.status()[0].invocations);
}

std::string idle(Store& store, const Shape& shape) {
  double before = resident_megabytes();
  Lanes lanes(store);
  auto start = lanes.clock.steady();
  lanes.deploy(shape, std::make_shared<EchoPool>(false));
  while (lanes.dispatcher.status().empty() || lanes.dispatcher.status()[0].lanes.empty()) lanes.io.run_one();
  while (lanes.io.poll() > 0) {
  }
  double seconds = std::chrono::duration<double>(lanes.clock.steady() - start).count();
  auto count = static_cast<double>(lanes.dispatcher.status()[0].lanes.size());
  double megabytes = resident_megabytes() - before;
  double cpu = thread_cpu_seconds();
  std::size_t turns = lanes.io.run_for(std::chrono::seconds(2));
  cpu = thread_cpu_seconds() - cpu;
  std::string line = fmt::format(
      R"({{"lanes": {}, "start_seconds": {:.3f}, "bytes_per_lane": {:.0f}, "process_mb": {:.1f}, "idle_turns": {}, "idle_cpu": {:.6f}}})",
      count, seconds, megabytes * 1e6 / count, resident_megabytes(), turns, cpu / 2);
  lanes.stop();
  return line;
}

int run(int argc, char** argv) {
  CLI::App root{"The lanes alone."};
  root.require_subcommand(1);
  Shape shape;
  std::uint32_t shards = 10'000;
  CLI::App* drains = root.add_subcommand("drain", "run every record of a stream through lanes");
  CLI::App* idles = root.add_subcommand("idle", "lanes with nothing to do");
  for (CLI::App* command : {drains, idles}) command->add_option("--data", shape.data, "data folder")->required();
  drains->add_option("--stream", shape.stream, "its name")->capture_default_str();
  drains->add_option("--records", shape.records, "in the stream")->required();
  drains->add_option("--batch", shape.batch, "BatchSize")->capture_default_str();
  drains->add_option("--emit", shape.output, "emit each record to this stream, made if it is not there");
  idles->add_option("--shards", shards, "of the stream")->capture_default_str();
  CLI11_PARSE(root, argc, argv);

  dispatch::SystemClock clock;
  Result<std::unique_ptr<Store>> store = Store::open({.folder = shape.data, .clock = clock});
  if (!store) {
    std::cerr << "shardmill_dispatch_alone: " << store.error().text << "\n";
    return 1;
  }
  if (idles->parsed()) {
    shape.stream = "idle";
    create(**store, shape.stream, shards);
    std::cout << idle(**store, shape) << std::endl;
    return 0;
  }
  if (!shape.output.empty()) create(**store, shape.output, 4);
  std::cout << drain(**store, shape) << std::endl;
  return 0;
}

}  // namespace
}  // namespace shardmill::bench

int main(int argc, char** argv) {
  return shardmill::bench::run(argc, argv);
}
