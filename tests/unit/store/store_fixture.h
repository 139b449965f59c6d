// A store in a folder of its own, with a clock that tests move, and calls that wait for their answer.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "store/store.h"
#include "tests/support/temp_folder.h"

namespace shardmill::test {

class ManualClock : public Clock {
 public:
  [[nodiscard]] WallTime now() const override { return {now_ms_.load()}; }
  [[nodiscard]] SteadyTime steady() const override { return SteadyTime(std::chrono::milliseconds(now_ms_.load())); }
  void advance(std::chrono::milliseconds by) { now_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ms_{1'700'000'000'000};
};

// Calls `start` with a callback and waits for what it is called with.
template <class T, class Start>
T wait_for(Start start) {
  std::promise<T> promise;
  std::future<T> future = promise.get_future();
  start(Callback<T>([&promise](T value) { promise.set_value(std::move(value)); }));
  return future.get();
}

struct Record {
  std::string key;
  std::string data;
  bool operator==(const Record&) const = default;
};

inline Append append_of(ShardKey shard, const std::vector<Record>& records) {
  ChunkBuilder builder;
  for (const Record& record : records) builder.add(record.key, as_bytes(record.data));
  std::uint32_t count = builder.count();
  return {shard, count, builder.take()};
}

inline std::vector<Record> records_of(const ReadResult& result) {
  std::vector<Record> records;
  for (const ChunkSlice& slice : result.slices) {
    Bytes entries = slice.entries;
    for (std::uint32_t i = 0; i < slice.count; ++i) {
      RecordView view = next_entry(entries);
      records.push_back({std::string(view.partition_key), std::string(as_text(view.data))});
    }
  }
  return records;
}

// `count` records "k<i>" / "v<i>", counted from `first`.
inline std::vector<Record> numbered(int first, int count) {
  std::vector<Record> records;
  for (int i = first; i < first + count; ++i) records.push_back({"k" + std::to_string(i), "v" + std::to_string(i)});
  return records;
}

class StoreFixture {
 public:
  StoreFixture() { open(); }

  StoreOptions options() { return {.folder = folder.path() / "data", .clock = clock}; }
  void open() { open(options()); }
  void open(StoreOptions with) {
    store.reset();
    Result<std::unique_ptr<Store>> opened = Store::open(std::move(with));
    if (!opened) FAIL(opened.error().text);
    store = std::move(*opened);
  }
  void close() { store.reset(); }

  StreamRef create(const std::string& name, std::uint32_t shards = 1) {
    auto made = try_create(name, shards);
    if (!made) FAIL(made.error().text);
    return *made;
  }
  Result<StreamRef> try_create(const std::string& name, std::uint32_t shards = 1) {
    return wait_for<Result<StreamRef>>(
        [&](auto done) { store->create({.name = name, .shards = shards, .tags = {}}, std::move(done)); });
  }
  Result<void> remove(const std::string& name) {
    return wait_for<Result<void>>([&](auto done) { store->remove(name, std::move(done)); });
  }
  Result<StreamRef> change(const std::string& name, StreamChange change) {
    return wait_for<Result<StreamRef>>([&](auto done) { store->change(name, std::move(change), std::move(done)); });
  }
  Result<StreamRef> reshard(const std::string& name, std::vector<std::variant<SplitAt, MergeOf>> steps) {
    return wait_for<Result<StreamRef>>([&](auto done) { store->reshard(name, std::move(steps), std::move(done)); });
  }
  Result<TriggerState> open_trigger(TriggerSpec spec) {
    return wait_for<Result<TriggerState>>(
        [&](auto done) { store->open_trigger(std::move(spec), std::move(done)); });
  }

  Result<Committed> commit(Transaction& transaction) {
    return wait_for<Result<Committed>>([&](auto done) { store->commit(transaction, std::move(done)); });
  }
  Result<Committed> put(ShardKey shard, const std::vector<Record>& records) {
    Transaction transaction;
    transaction.appends.push_back(append_of(shard, records));
    return commit(transaction);
  }
  Result<void> settle(TriggerKey trigger, ShardKey shard, std::uint64_t position) {
    Transaction transaction;
    transaction.checkpoints.push_back({trigger, shard, {position}});
    Result<Committed> done = commit(transaction);
    if (!done) return std::unexpected(done.error());
    return {};
  }

  Result<ReadResult> read(ShardKey shard, std::uint64_t from, std::uint32_t records = 1'000'000,
                          std::size_t bytes = std::size_t{1} << 30) {
    return wait_for<Result<ReadResult>>(
        [&](auto done) { store->read({shard, {from}, records, bytes}, std::move(done)); });
  }
  std::vector<Record> read_all(ShardKey shard, std::uint64_t from = 1) {
    Result<ReadResult> result = read(shard, from);
    if (!result) FAIL(result.error().text);
    return records_of(*result);
  }
  Result<Position> find_time(ShardKey shard, WallTime time) {
    return wait_for<Result<Position>>([&](auto done) { store->find(shard, time, std::move(done)); });
  }

  TempFolder folder;
  ManualClock clock;
  std::unique_ptr<Store> store;
};

}  // namespace shardmill::test
