// The threads that read what memory does not have. Each has a read-only connection of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "store/chunk_reader.h"
#include "store/read_gate.h"

namespace shardmill::store {

class ReaderPool {
 public:
  // `gate` is borrowed for the pool's life.
  static Result<std::unique_ptr<ReaderPool>> open(const std::string& path, const std::string& vfs, unsigned threads,
                                                  ReadGate& gate);
  // Answers what waits with cancelled, and ends the threads.
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Any thread. The callbacks run on a thread of the pool. A null shard is answered with not_found.
  void read(ShardRef shard, ReadRequest request, Callback<Result<ReadResult>> done);
  void find(ShardRef shard, WallTime time, Callback<Result<Position>> done);

 private:
  struct Connection {
    Database db;
    ChunkReader chunks;
  };
  struct Read {
    ShardRef shard;
    ReadRequest request;
    Callback<Result<ReadResult>> done;
  };
  struct Find {
    ShardRef shard;
    WallTime time;
    Callback<Result<Position>> done;
  };
  using Job = std::variant<Read, Find>;

  explicit ReaderPool(ReadGate& gate) : gate_(gate) {}
  void push(Job job);
  void run(Connection& connection);
  void work(Connection& connection, Read& job);
  void work(Connection& connection, Find& job);

  ReadGate& gate_;
  std::vector<std::unique_ptr<Connection>> connections_;

  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_

  std::vector<std::thread> threads_;
};

}  // namespace shardmill::store
