// Dispatch over the real store, with real time and threads: what fakes cannot show.
#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <set>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "dispatch/asio_time.h"
#include "dispatch/dispatcher.h"
#include "store/store.h"
#include "support/dispatch_fixture.h"
#include "support/scripted_workers.h"
#include "support/temp_folder.h"

using namespace shardmill;
using namespace shardmill::test;
using namespace std::chrono_literals;

namespace {

template <class T, class Begin>
T wait_for(Begin begin) {
  std::promise<T> promise;
  std::future<T> future = promise.get_future();
  begin(Callback<T>([&promise](T value) { promise.set_value(std::move(value)); }));
  if (future.wait_for(60s) != std::future_status::ready) throw std::runtime_error("the store does not answer");
  return future.get();
}

// A store and a dispatcher on this thread, until it goes out of scope: then both stop as at SIGTERM.
class Runtime {
 public:
  explicit Runtime(const std::filesystem::path& folder)
      : store_(std::move(Store::open({.folder = folder, .clock = clock_}).value())),
        dispatcher_({io_.get_executor(), *store_, *store_, *store_, *store_, clock_, timers_, random_, log_}) {}
  ~Runtime() { await(dispatcher_.stop()); }

  void create(const std::string& name, std::uint32_t shards) {
    NewStream stream;
    stream.name = name;
    stream.shards = shards;
    wait_for<Result<StreamRef>>([&](auto done) { store_->create(stream, std::move(done)); }).value();
  }
  void remove(const std::string& name) {
    wait_for<Result<void>>([&](auto done) { store_->remove(name, std::move(done)); }).value();
  }
  void split(const std::string& name, ShardNumber shard) {
    const HashRange& range = store_->find(name)->shard(shard)->range;
    SplitAt at{shard, range.first + (range.last - range.first) / 2 + 1};
    wait_for<Result<StreamRef>>([&](auto done) { store_->reshard(name, {at}, std::move(done)); }).value();
  }

  // Appends numbered records with a few keys, in the order of their numbers.
  void put(const std::string& name, int first, int count) {
    for (int done = 0; done < count;) {
      int some = std::min(count - done, 500);
      if (put_once(name, first + done, some)) done += some;
    }
  }

  std::shared_ptr<ScriptedPool> deploy(StreamTrigger trigger, ScriptedPool::Script script,
                                       std::vector<std::string> outputs) {
    auto pool = std::make_shared<ScriptedPool>("v", 2, std::move(script));
    await(dispatcher_.deploy(DispatchFixture::deployment("v", std::move(trigger), std::move(outputs)), pool));
    return pool;
  }

  void await(Task<void> task) {
    bool done = false;
    boost::asio::co_spawn(io_, std::move(task), [&](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
      done = true;
    });
    run_until([&] { return done; });
  }
  template <class Condition>
  void run_until(Condition condition) {
    auto give_up = std::chrono::steady_clock::now() + 120s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("what was waited for did not come");
      io_.run_one_for(100ms);
    }
  }
  void run_until_records(std::uint64_t records) {
    run_until([&] { return status().records >= records; });
  }

  // How many turns the loop takes right now without anything from outside.
  std::size_t turns_ready() { return io_.poll(); }

  [[nodiscard]] FunctionStatus status() const { return dispatcher_.status().at(0); }
  [[nodiscard]] Store& store() { return *store_; }

  // All records of a stream, parents before their children.
  std::vector<TestRecord> records(const std::string& name) {
    std::vector<TestRecord> all;
    StreamRef stream = store_->find(name);
    for (const ShardInfo& shard : stream->shards) {
      ReadRequest request{shard.key, {1}, 10'000, std::size_t{6} << 20};
      for (;;) {
        ReadResult got =
            wait_for<Result<ReadResult>>([&](auto done) { store_->read(request, std::move(done)); }).value();
        for (const ChunkSlice& slice : got.slices) {
          for (Bytes rest = slice.entries; !rest.empty();) {
            RecordView record = next_entry(rest);
            all.push_back({std::string(record.partition_key), std::string(as_text(record.data))});
          }
        }
        if (got.next > got.end) break;
        request.from = got.next;
      }
    }
    return all;
  }

 private:
  bool put_once(const std::string& name, int first, int count) {
    StreamRef stream = store_->find(name);
    std::map<ShardKey, ChunkBuilder> builders;
    for (int number = first; number < first + count; ++number) {
      std::string key = "key" + std::to_string(number % 17);
      builders[stream->route(hash_of(key)).key].add(key, as_bytes(std::to_string(number)));
    }
    Transaction transaction;
    for (auto& [shard, builder] : builders) {
      std::uint32_t records = builder.count();
      transaction.appends.push_back({shard, records, builder.take()});
    }
    Result<Committed> done =
        wait_for<Result<Committed>>([&](auto callback) { store_->commit(transaction, std::move(callback)); });
    if (!done && done.error().code != Errc::shard_closed) throw std::runtime_error(done.error().text);
    return done.has_value();
  }

  dispatch::SystemClock clock_;
  std::unique_ptr<Store> store_;
  boost::asio::io_context io_{1};
  dispatch::AsioTimers timers_{io_.get_executor()};
  dispatch::SeededRandom random_{20'250'301};
  MemoryLog log_;
  dispatch::Dispatcher dispatcher_;
};

StreamTrigger on(const std::string& stream, std::uint32_t batch_size) {
  StreamTrigger trigger;
  trigger.stream = stream;
  trigger.batch_size = batch_size;
  return trigger;
}

Reply relay(const Call& call) {
  Reply reply;
  for (const TestRecord& record : call.records) emit(reply, 0, record.key, record.data);
  return reply;
}

// Each number from 1 to `count` once, rising within each key.
void check_complete(const std::vector<TestRecord>& records, int count) {
  CHECK(records.size() == static_cast<std::size_t>(count));
  std::set<std::string> distinct;
  std::map<std::string, int> last_of_key;
  bool in_order = true;
  for (const TestRecord& record : records) {
    distinct.insert(record.data);
    int number = std::stoi(record.data);
    in_order = in_order && number > std::exchange(last_of_key[record.key], number);
  }
  CHECK(distinct.size() == records.size());
  CHECK(in_order);
}

}  // namespace

TEST_CASE("records go through lanes to a second stream exactly once, and on after a restart") {
  TempFolder folder;
  {
    Runtime runtime(folder.path());
    runtime.create("in", 4);
    runtime.create("out", 3);
    runtime.put("in", 1, 5000);
    runtime.deploy(on("in", 100), relay, {"out"});
    runtime.put("in", 5001, 2000);
    runtime.run_until_records(3000);
  }
  Runtime runtime(folder.path());
  check_complete(runtime.records("in"), 7000);
  std::size_t before = runtime.records("out").size();
  CHECK(before >= 3000);
  runtime.deploy(on("in", 1000), relay, {"out"});
  runtime.run_until_records(7000 - before);
  check_complete(runtime.records("out"), 7000);
}

TEST_CASE("both streams are split while records flow") {
  TempFolder folder;
  Runtime runtime(folder.path());
  runtime.create("in", 1);
  runtime.create("out", 1);
  runtime.deploy(on("in", 50), relay, {"out"});
  for (int round = 0; round < 6; ++round) {
    runtime.put("in", 1 + round * 1000, 1000);
    runtime.run_until_records(static_cast<std::uint64_t>(round) * 1000 + 300);
    runtime.split(round % 2 == 0 ? "in" : "out", ShardNumber{static_cast<std::uint32_t>(round) / 2});
  }
  runtime.run_until_records(6000);
  check_complete(runtime.records("out"), 6000);
  CHECK(runtime.status().errors == 0);
}

TEST_CASE("the function fails now and then, and its retries change nothing in what comes out") {
  TempFolder folder;
  Runtime runtime(folder.path());
  runtime.create("in", 2);
  runtime.create("out", 2);
  runtime.put("in", 1, 1000);
  auto pool = runtime.deploy(
      on("in", 400), [](const Call& call) { return call.attempt == 1 ? failing("first") : relay(call); }, {"out"});
  runtime.run_until_records(1000);
  check_complete(runtime.records("out"), 1000);
  CHECK(runtime.status().errors == runtime.status().invocations / 2);
}

TEST_CASE("a stream that is deleted under its lanes and created anew is read from its beginning") {
  TempFolder folder;
  Runtime runtime(folder.path());
  runtime.create("in", 2);
  runtime.create("out", 1);
  runtime.put("in", 1, 1000);
  runtime.deploy(on("in", 10), relay, {"out"});
  runtime.run_until_records(200);
  runtime.remove("in");
  runtime.run_until([&] { return runtime.status().triggers.at(0).state == "stream deleted"; });
  runtime.run_until([&] { return runtime.status().lanes.empty(); });
  runtime.remove("out");
  runtime.create("out", 1);
  std::uint64_t before = runtime.status().records;
  runtime.create("in", 1);
  runtime.put("in", 1, 100);
  runtime.run_until_records(before + 100);
  check_complete(runtime.records("out"), 100);
}

TEST_CASE("idle lanes do not turn the loop, and an append wakes its own lane only") {
  TempFolder folder;
  Runtime runtime(folder.path());
  runtime.create("in", 2000);
  auto pool = runtime.deploy(on("in", 10), [](const Call&) { return Reply(); }, {});
  CHECK(runtime.status().lanes.size() == 2000);
  runtime.put("in", 1, 1);
  runtime.run_until_records(1);
  CHECK(pool->calls.size() == 1);
  CHECK(runtime.turns_ready() == 0);
}
