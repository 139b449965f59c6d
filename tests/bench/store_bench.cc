// What the store does by itself, in process: bulk appends, single appends at a fixed rate, reading back.
//
//   store_bench [DIR]     one line per figure; DIR is on the device to measure (default: a folder below /tmp)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <semaphore>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/store.h"

namespace shardmill {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::uint32_t kRecords = 500;  // per chunk
constexpr std::size_t kSize = 200;       // bytes per record

class SystemClock : public Clock {
 public:
  [[nodiscard]] WallTime now() const override {
    auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
  }
  [[nodiscard]] SteadyTime steady() const override { return steady_clock::now(); }
};

double seconds_since(steady_clock::time_point start) {
  return duration<double>(steady_clock::now() - start).count();
}

// Processor time of the whole process: what is left of a figure when the machine is busy with other things.
double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

[[noreturn]] void die(const std::string& text) {
  fmt::print(stderr, "store_bench: {}\n", text);
  std::exit(1);
}

Append chunk(ShardKey shard, std::uint32_t records, std::uint64_t seed) {
  ChunkBuilder builder;
  builder.reserve(records * (kSize + 16));
  for (std::uint32_t i = 0; i < records; ++i) {
    std::string key = fmt::format("k{:07}", (seed + i) % 10'000'000);
    std::span<std::byte> room = builder.add(key, kSize);
    for (std::size_t b = 0; b < room.size(); b += 8) {
      seed = seed * 6364136223846793005 + 1442695040888963407;
      std::memcpy(room.data() + b, &seed, 8);
    }
  }
  return {shard, records, builder.take()};
}

StreamRef make_stream(Store& store, const std::string& name, std::uint32_t shards) {
  std::promise<Result<StreamRef>> made;
  store.create({.name = name, .shards = shards, .tags = {}},
               [&](Result<StreamRef> stream) { made.set_value(stream); });
  Result<StreamRef> stream = made.get_future().get();
  if (!stream) die(stream.error().text);
  return *stream;
}

// Many callers that each keep one 500-record commit going.
double bulk(Store& store, const StreamInfo& stream, unsigned callers, std::uint64_t chunks) {
  std::vector<Transaction> transactions(callers);
  std::counting_semaphore<1024> free_slots(static_cast<std::ptrdiff_t>(callers));
  std::vector<std::atomic<bool>> busy(callers);
  std::vector<ByteBuffer> bodies;
  auto start = steady_clock::now();
  for (std::uint64_t c = 0; c < chunks; ++c) {
    free_slots.acquire();
    unsigned slot = 0;
    while (busy[slot]) slot = (slot + 1) % callers;
    busy[slot] = true;
    transactions[slot].appends.clear();
    transactions[slot].appends.push_back(chunk(stream.shards[c % stream.shards.size()].key, kRecords, c));
    store.commit(transactions[slot], [&, slot](Result<Committed> done) {
      if (!done) die(done.error().text);
      busy[slot] = false;
      free_slots.release();
    });
  }
  for (unsigned i = 0; i < callers; ++i) free_slots.acquire();
  return static_cast<double>(chunks * kRecords) / seconds_since(start);
}

// One-record commits at a fixed rate; microseconds from commit() to the callback.
std::vector<double> singles(Store& store, const StreamInfo& stream, int per_second, int seconds) {
  int count = per_second * seconds;
  std::vector<Transaction> transactions(static_cast<std::size_t>(count));
  std::vector<double> latency(static_cast<std::size_t>(count));
  std::counting_semaphore<> done_count(0);
  auto start = steady_clock::now();
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    auto due = start + std::chrono::microseconds(1'000'000 * static_cast<std::int64_t>(i) / per_second);
    std::this_thread::sleep_until(due);
    transactions[i].appends.push_back(chunk(stream.shards[i % stream.shards.size()].key, 1, i));
    auto sent = steady_clock::now();
    store.commit(transactions[i], [&, i, sent](Result<Committed> done) {
      if (!done) die(done.error().text);
      latency[i] = duration<double, std::micro>(steady_clock::now() - sent).count();
      done_count.release();
    });
  }
  for (int i = 0; i < count; ++i) done_count.acquire();
  std::ranges::sort(latency);
  return latency;
}

// Everything of every shard, 4 MB at a time, one reader per shard.
double read_back(Store& store, const StreamInfo& stream) {
  std::atomic<std::uint64_t> bytes = 0;
  auto start = steady_clock::now();
  std::vector<std::thread> readers;
  for (const ShardInfo& shard : stream.shards) {
    readers.emplace_back([&, key = shard.key] {
      Position from{1};
      for (;;) {
        std::promise<Result<ReadResult>> got;
        store.read({key, from, 1'000'000, std::size_t{4} << 20},
                   [&](Result<ReadResult> result) { got.set_value(std::move(result)); });
        Result<ReadResult> result = got.get_future().get();
        if (!result) die(result.error().text);
        if (result->slices.empty()) return;
        for (const ChunkSlice& slice : result->slices) bytes += slice.entries.size();
        from = result->next;
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  return static_cast<double>(bytes) / seconds_since(start);
}

// The same bytes, written to a plain file with one fdatasync per `group` chunks.
double raw_append(const std::filesystem::path& folder, std::uint64_t chunks, std::uint64_t group) {
  int file = ::open((folder / "raw").c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) die("cannot write to " + folder.string());
  auto start = steady_clock::now();
  for (std::uint64_t c = 0; c < chunks; ++c) {
    Append append = chunk(ShardKey{1}, kRecords, c);
    if (::write(file, append.body.bytes().data(), append.body.size()) < 0) die("write failed");
    if (c % group == group - 1 && ::fdatasync(file) != 0) die("fdatasync failed");
  }
  double rate = static_cast<double>(chunks * kRecords) / seconds_since(start);
  ::close(file);
  std::filesystem::remove(folder / "raw");
  return rate;
}

void run(const std::filesystem::path& folder) {
  SystemClock clock;
  auto open = [&] {
    Result<std::unique_ptr<Store>> store = Store::open({.folder = folder / "data", .clock = clock});
    if (!store) die(store.error().text);
    return std::move(*store);
  };
  std::unique_ptr<Store> store = open();
  StreamRef stream = make_stream(*store, "bench", 4);
  constexpr std::uint64_t kChunks = 6000;
  for (unsigned callers : {4U, 16U, 64U}) {
    fmt::print("raw append, fdatasync per {:3} chunks   {:10.0f} records/s\n", callers / 2,
               raw_append(folder, kChunks / 3, callers / 2));
    double cpu = processor_seconds();
    double rate = bulk(*store, *stream, callers, kChunks);
    fmt::print("append, {:3} callers                   {:10.0f} records/s, {:.0f} us of processor per chunk\n",
               callers, rate, (processor_seconds() - cpu) * 1e6 / kChunks);
  }
  StreamRef small = make_stream(*store, "small", 4);
  for (int rate : {1000, 3000}) {
    double cpu = processor_seconds();
    std::vector<double> latency = singles(*store, *small, rate, 10);
    auto at = [&](double q) {
      return latency[static_cast<std::size_t>(q * static_cast<double>(latency.size() - 1))];
    };
    fmt::print(
        "single commits at {}/s: p50 {:.0f} us, p99 {:.0f} us, p99.9 {:.0f} us, max {:.0f} us; {:.0f} us of "
        "processor\n",
        rate, at(0.5), at(0.99), at(0.999), at(1),
        (processor_seconds() - cpu) * 1e6 / static_cast<double>(latency.size()));
  }
  store.reset();
  fmt::print("database: {} MB\n", std::filesystem::file_size(folder / "data/store.db") >> 20);
  auto before = steady_clock::now();
  store = open();
  fmt::print("open: {:.1f} ms\n", seconds_since(before) * 1000);
  for (int i = 0; i < 2; ++i) {
    double cpu = processor_seconds();
    double rate = read_back(*store, *store->find("bench"));
    fmt::print("read back: {:.2f} GB/s, {:.0f} us of processor per chunk\n", rate / 1e9,
               (processor_seconds() - cpu) * 1e6 / (3 * kChunks));
  }
  before = steady_clock::now();
  make_stream(*store, "wide", 10'000);
  fmt::print("create 10,000 shards: {:.1f} ms\n", seconds_since(before) * 1000);
}

}  // namespace
}  // namespace shardmill

int main(int argc, char** argv) {
  std::string folder = argc > 1 ? argv[1] : "/tmp/store-bench-XXXXXX";
  if (argc <= 1 && ::mkdtemp(folder.data()) == nullptr) return 1;
  shardmill::run(folder);
  if (argc <= 1) std::filesystem::remove_all(folder);
  return 0;
}
