// shardmill_store_alone: the store without anything around it, in this process. Prints one line of JSON.
#include <condition_variable>
#include <ctime>
#include <future>
#include <iostream>
#include <mutex>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "api/chunk.h"
#include "store/store.h"
#include "tests/bench/load/samples.h"

namespace shardmill::bench {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override {
    auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
  }
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

// Starts `begin` with a callback and waits for it.
template <class T, class Begin>
T wait_for(Begin begin) {
  std::promise<T> promise;
  std::future<T> future = promise.get_future();
  begin([&promise](T value) { promise.set_value(std::move(value)); });
  return future.get();
}

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}

// ---- reading ---------------------------------------------------------------------------------------------------

// Reads a shard from its beginning to its end as a lane with large batches would.
Result<std::uint64_t> read_shard(Store& store, ShardKey shard) {
  ReadRequest request{shard, {1}, 10'000, std::size_t{6} << 20};
  std::uint64_t records = 0;
  for (;;) {
    Result<ReadResult> got = wait_for<Result<ReadResult>>(
        [&](Callback<Result<ReadResult>> done) { store.read(request, std::move(done)); });
    if (!got) return std::unexpected(got.error());
    for (const ChunkSlice& slice : got->slices) records += slice.count;
    if (got->next <= request.from || got->next > got->end) return records;
    request.from = got->next;
  }
}

Result<std::string> read_all(Store& store, const std::string& name) {
  StreamRef stream = store.find(name);
  if (!stream) return fail(Errc::not_found, fmt::format("stream \"{}\" does not exist", name));
  std::int64_t start = monotonic_ns();
  std::uint64_t records = 0;
  for (const ShardInfo& shard : stream->shards) {
    Result<std::uint64_t> read = read_shard(store, shard.key);
    if (!read) return std::unexpected(read.error());
    records += *read;
  }
  double seconds = seconds_since(start);
  return fmt::format(R"({{"records": {}, "seconds": {:.6f}, "records_per_s": {:.0f}}})", records, seconds,
                     static_cast<double>(records) / seconds);
}

// ---- writing ---------------------------------------------------------------------------------------------------

struct WriteShape {
  std::uint64_t total = 0;      // records
  std::uint64_t records = 125;  // of one append
  std::size_t size = 200;       // bytes of data of one record
  std::size_t shards = 4;       // one append to each in every transaction
  std::size_t under_way = 8;    // transactions
};

// Keeps a fixed number of transactions under way, as so many producers would.
class Producers {
 public:
  Producers(Store& store, StreamRef stream, const WriteShape& shape)
      : store_(store), stream_(std::move(stream)), shape_(shape) {
    std::string data(shape_.size, 'x');
    for (std::uint64_t i = 0; i < shape_.records; ++i) body_.add("player-" + std::to_string(i), as_bytes(data));
    left_ = shape_.total / (shape_.records * shape_.shards);
  }

  Result<void> run() {
    std::vector<Transaction> transactions(shape_.under_way);
    std::unique_lock lock(mutex_);
    for (Transaction& transaction : transactions) idle_.push_back(&transaction);
    while (left_ > 0 || idle_.size() < transactions.size()) {
      changed_.wait(lock, [&] { return (left_ > 0 && !idle_.empty()) || idle_.size() == transactions.size(); });
      if (left_ == 0 || failed_) {
        left_ = 0;
        continue;
      }
      Transaction& next = *idle_.back();
      idle_.pop_back();
      --left_;
      lock.unlock();
      start(next);
      lock.lock();
    }
    if (failed_) return std::unexpected(*failed_);
    return {};
  }

 private:
  void start(Transaction& transaction) {
    transaction.appends.clear();
    for (std::size_t i = 0; i < shape_.shards; ++i) {
      ByteBuffer body;
      body.append(body_.body());
      transaction.appends.push_back({stream_->shards[i].key, body_.count(), std::move(body)});
    }
    store_.commit(transaction, [this, &transaction](Result<Committed> done) {
      std::lock_guard lock(mutex_);
      if (!done) failed_ = done.error();
      idle_.push_back(&transaction);
      changed_.notify_one();
    });
  }

  Store& store_;
  StreamRef stream_;
  WriteShape shape_;
  ChunkBuilder body_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Transaction*> idle_;
  std::uint64_t left_ = 0;
  std::optional<Error> failed_;
};

Result<std::string> write_all(Store& store, const WriteShape& shape) {
  Result<StreamRef> stream = wait_for<Result<StreamRef>>([&](Callback<Result<StreamRef>> done) {
    store.create({.name = "alone", .shards = static_cast<std::uint32_t>(shape.shards), .tags = {}},
                 std::move(done));
  });
  if (!stream) return std::unexpected(stream.error());
  Producers producers(store, *stream, shape);
  double before = cpu_seconds();
  std::int64_t start = monotonic_ns();
  if (Result<void> ran = producers.run(); !ran) return std::unexpected(ran.error());
  double seconds = seconds_since(start);
  double cpu = cpu_seconds() - before;
  auto records = static_cast<double>(shape.total);
  return fmt::format(
      R"({{"records": {}, "seconds": {:.6f}, "records_per_s": {:.0f}, "cpu_us_per_record": {:.3f}}})", shape.total,
      seconds, records / seconds, cpu * 1e6 / records);
}

int report(const Result<std::string>& line) {
  if (!line) {
    std::cerr << "shardmill_store_alone: " << line.error().text << "\n";
    return 1;
  }
  std::cout << *line << std::endl;
  return 0;
}

int run(int argc, char** argv) {
  CLI::App root{"The store alone."};
  root.require_subcommand(1);
  std::string data;
  std::string stream;
  WriteShape shape;
  CLI::App* read =
      root.add_subcommand("read", "read a stream from its first record to its last, one shard after the other");
  read->add_option("--data", data, "data folder of a server that does not run")->required();
  read->add_option("--stream", stream, "its name")->required();
  CLI::App* write = root.add_subcommand("write", "commit chunks to a new stream");
  write->add_option("--data", data, "folder, made if it is not there")->required();
  write->add_option("--total", shape.total, "records in all")->required();
  write->add_option("--records", shape.records, "records of one append")->capture_default_str();
  write->add_option("--size", shape.size, "bytes of each record")->capture_default_str();
  write->add_option("--shards", shape.shards, "appends of one transaction")->capture_default_str();
  write->add_option("--under-way", shape.under_way, "transactions at once")->capture_default_str();
  CLI11_PARSE(root, argc, argv);

  SystemClock clock;
  Result<std::unique_ptr<Store>> store = Store::open({.folder = data, .clock = clock});
  if (!store) return report(std::unexpected(store.error()));
  return report(read->parsed() ? read_all(**store, stream) : write_all(**store, shape));
}

}  // namespace
}  // namespace shardmill::bench

int main(int argc, char** argv) {
  return shardmill::bench::run(argc, argv);
}
