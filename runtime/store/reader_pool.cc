#include "store/reader_pool.h"

#include "store/schema.h"

namespace shardmill::store {
namespace {

std::unexpected<Error> no_shard() {
  return fail(Errc::not_found, "the shard does not exist any more");
}

}  // namespace

Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const std::string& path, const std::string& vfs,
                                                     unsigned threads, ReadGate& gate) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool(gate));
  for (unsigned i = 0; i < threads; ++i) {
    Result<Database> db = Database::open(path, Database::Mode::read, vfs);
    if (!db) return std::unexpected(db.error());
    Result<void> tuned = db->run("PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA query_only=ON");
    if (!tuned) return std::unexpected(tuned.error());
    Result<ChunkReader> chunks = ChunkReader::open(*db);
    if (!chunks) return std::unexpected(chunks.error());
    pool->connections_.push_back(std::make_unique<Connection>(std::move(*db), std::move(*chunks)));
  }
  for (auto& connection : pool->connections_) {
    pool->threads_.emplace_back([pool = pool.get(), &connection = *connection] { pool->run(connection); });
  }
  return pool;
}

ReaderPool::~ReaderPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (Job& job : jobs_) {
    std::visit([](auto& j) { j.done(fail(Errc::cancelled, "the store is closing")); }, job);
  }
}

void ReaderPool::read(ShardRef shard, ReadRequest request, Callback<Result<ReadResult>> done) {
  push(Read{std::move(shard), request, std::move(done)});
}

void ReaderPool::find(ShardRef shard, WallTime time, Callback<Result<Position>> done) {
  push(Find{std::move(shard), time, std::move(done)});
}

void ReaderPool::push(Job job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  waiting_.notify_one();
}

void ReaderPool::run(Connection& connection) {
  for (;;) {
    std::unique_lock lock(mutex_);
    waiting_.wait(lock, [&] { return !jobs_.empty() || stopping_; });
    if (stopping_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    std::visit([&](auto& j) { work(connection, j); }, job);
  }
}

void ReaderPool::work(Connection& connection, Read& job) {
  if (job.shard == nullptr) return job.done(no_shard());
  std::optional<Result<ReadResult>> result = job.shard->try_read(job.request);
  if (!result) {
    ReadGate::Pass pass(gate_);
    result = connection.chunks.read(*job.shard, job.request);
  }
  job.done(std::move(*result));
}

void ReaderPool::work(Connection& connection, Find& job) {
  if (job.shard == nullptr) return job.done(no_shard());
  std::optional<Result<Position>> result = job.shard->try_find(job.time);
  if (!result) {
    ReadGate::Pass pass(gate_);
    result = connection.chunks.find(*job.shard, job.time);
  }
  job.done(std::move(*result));
}

}  // namespace shardmill::store
