// The embedded store: streams, chunks, checkpoints in one SQLite database in one folder, owned by one process.
//
// Promises: what was answered was fsynced before (writer.h); what is read is what was written, or an error that says
// where it is not (chunk_reader.h); a transaction is there whole or not at all. Not promised: surviving the loss of
// the disk. Threads: one that writes, a few that read; see api/streams.h for who may call what.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "api/clock.h"
#include "api/streams.h"

namespace shardmill {

struct StoreOptions {
  std::filesystem::path folder;                    // made if it is not there
  const Clock& clock;                              // borrowed for the store's life
  std::size_t tail_bytes = std::size_t{64} << 20;  // newest chunks of all shards kept in memory
  unsigned reader_threads = 2;
  std::size_t group_bytes = std::size_t{16} << 20;   // most bytes written by one transaction
  std::size_t queue_bytes = std::size_t{256} << 20;  // most bytes waiting to be written
  std::size_t wal_bytes = std::size_t{4} << 20;  // the write-ahead log is checkpointed each time it grew by this
  std::size_t reserve_bytes = std::size_t{24} << 20;  // set aside on disk, given up when it is full
  std::chrono::milliseconds sweep_interval = std::chrono::minutes(1);  // between two passes of retention
  // The store is unavailable for good, the process should leave. Called once, on the writer thread: only post.
  std::function<void(const Error&)> on_fatal = {};
  // Something a person should know, in one sentence: shards refused, marks lost. Any time, any thread.
  std::function<void(const std::string&)> on_notice = {};
  // Goes on although acknowledged changes of streams and triggers are missing. For a person to decide.
  bool accept_catalogue_loss = false;
  std::string vfs = {};  // registered SQLite VFS to use; empty: the system's
};

class Store : public StreamReader, public Committer, public Catalogue, public TriggerRegistry {
 public:
  // Fails with in_use (another process has the folder), io (folder cannot be used), invalid (a newer store), corrupt.
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  // Writes and answers what was submitted, answers waiting reads with cancelled, closes. No thread may be in a call.
  ~Store() override;

  std::optional<Result<ReadResult>> try_read(const ReadRequest& request) override;
  void read(ReadRequest request, Callback<Result<ReadResult>> done) override;
  Result<ShardBounds> bounds(ShardKey shard) override;
  void find(ShardKey shard, WallTime time, Callback<Result<Position>> done) override;
  std::unique_ptr<Interface> wake_when_after(ShardKey shard, Position after,
                                             std::move_only_function<void()> wake) override;

  void commit(Transaction& transaction, Callback<Result<Committed>> done) override;
  // How many groups of commits were fsynced so far: how well commits share fsyncs. Any thread.
  [[nodiscard]] std::uint64_t groups() const;

  StreamRef find(std::string_view name) const override;
  std::vector<StreamRef> list() const override;
  void create(NewStream stream, Callback<Result<StreamRef>> done) override;
  void remove(std::string name, Callback<Result<void>> done) override;
  void change(std::string name, StreamChange change, Callback<Result<StreamRef>> done) override;
  void reshard(std::string name, std::vector<std::variant<SplitAt, MergeOf>> steps,
               Callback<Result<StreamRef>> done) override;
  std::unique_ptr<Interface> on_change(std::function<void(const std::string& name)> changed) override;

  // Shards whose acknowledged records are missing are neither read nor written until this is called on them, which
  // answers with how many records were given up. Reads the whole shard on the writer's thread: for repair, not for
  // a busy server. not_found; invalid: nothing is missing.
  void accept_loss(std::string stream, ShardNumber shard, Callback<Result<std::uint64_t>> done);

  // Removes everything that is past its retention or deleted, now instead of at the next interval. Any thread; the
  // callback runs on the writer thread.
  void sweep(Callback<Result<void>> done);

  void open_trigger(TriggerSpec spec, Callback<Result<TriggerState>> done) override;

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace shardmill
