// The streams store in memory, for tests of whatever reads and writes streams. It keeps the promises of api/streams.h
// and nothing survives it.
//
// Single-threaded: what the real store does on threads of its own waits here until pump() is called, so a test decides
// when a read, a commit or a change takes effect, and what happens between.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/clock.h"
#include "api/streams.h"

namespace shardmill::test {

struct TestRecord {
  std::string key;
  std::string data;
  bool operator==(const TestRecord&) const = default;
};

class MemoryStreams final : public StreamReader, public Committer, public Catalogue, public TriggerRegistry {
 public:
  explicit MemoryStreams(const Clock& clock) : clock_(clock) {}

  // ---- the test's side: takes effect at once
  StreamRef create_now(const std::string& name, std::uint32_t shards);
  void remove_now(const std::string& name);
  void split_now(const std::string& name, ShardNumber shard);
  void merge_now(const std::string& name, ShardNumber first, ShardNumber second);
  // The shard and all that is in it are gone; the stream goes on.
  void lose_now(const std::string& stream, ShardNumber shard);
  // One append to a shard by its number.
  void put(const std::string& stream, ShardNumber shard, const std::vector<TestRecord>& records);
  void put(const std::string& stream, ShardNumber shard, std::uint32_t count, std::size_t data_size);
  // One append per shard, each record where its key belongs.
  void put(const std::string& stream, const std::vector<TestRecord>& records);
  // Retention: everything before `horizon` is gone.
  void expire(const std::string& stream, ShardNumber shard, Position horizon);

  [[nodiscard]] std::vector<TestRecord> records(const std::string& stream, ShardNumber shard) const;
  // Of all shards, by shard number.
  [[nodiscard]] std::vector<TestRecord> records(const std::string& stream) const;
  [[nodiscard]] Position checkpoint(const std::string& function, const std::string& stream,
                                    ShardNumber shard) const;
  [[nodiscard]] ShardKey key_of(const std::string& stream, ShardNumber shard) const;

  // Lets the next waiting thing happen: the first one, or one chosen by `choice`; commits keep their order among
  // themselves. False if nothing waits.
  bool pump(std::uint64_t choice = 0);
  // Nothing that waits will happen. Before the executor of its callbacks is destroyed.
  void drop_waiting() {
    commits_.clear();
    others_.clear();
  }
  [[nodiscard]] std::size_t commits_waiting() const { return commits_.size(); }
  [[nodiscard]] std::uint64_t commits_done() const { return commits_done_; }
  [[nodiscard]] std::size_t wakes_registered() const;

  bool hold_commits = false;            // they wait, whatever pump() is called
  bool full = false;                    // commits fail with full
  bool cold = false;                    // nothing is in memory: try_read has no answer
  std::deque<Error> fail_commits;       // the next commits fail with these
  std::deque<Error> fail_reads;         // the next read() calls fail with these (with `cold`)
  std::deque<Error> fail_opens;         // the next open_trigger() calls fail with these
  std::function<void()> before_commit;  // runs before each commit takes effect

  // ---- StreamReader
  std::optional<Result<ReadResult>> try_read(const ReadRequest& request) override;
  void read(ReadRequest request, Callback<Result<ReadResult>> done) override;
  Result<ShardBounds> bounds(ShardKey shard) override;
  void find(ShardKey shard, WallTime time, Callback<Result<Position>> done) override;
  std::unique_ptr<Interface> wake_when_after(ShardKey shard, Position after,
                                             std::move_only_function<void()> wake) override;
  // ---- Committer
  void commit(Transaction& transaction, Callback<Result<Committed>> done) override;
  // ---- Catalogue
  StreamRef find(std::string_view name) const override;
  std::vector<StreamRef> list() const override;
  void create(NewStream stream, Callback<Result<StreamRef>> done) override;
  void remove(std::string name, Callback<Result<void>> done) override;
  void change(std::string name, StreamChange change, Callback<Result<StreamRef>> done) override;
  void reshard(std::string name, std::vector<std::variant<SplitAt, MergeOf>> steps,
               Callback<Result<StreamRef>> done) override;
  std::unique_ptr<Interface> on_change(std::function<void(const std::string& name)> changed) override;
  // ---- TriggerRegistry
  void open_trigger(TriggerSpec spec, Callback<Result<TriggerState>> done) override;

 private:
  struct Waker {
    Position after;
    std::move_only_function<void()> wake;
  };
  struct Shard {
    std::deque<std::shared_ptr<const Chunk>> chunks;
    Position horizon{1};
    Position end{0};
    bool closed = false;
    std::list<Waker> wakers;
  };
  struct Trigger {
    TriggerKey key{};
    std::map<ShardKey, Position> checkpoints;
  };
  using Later = std::move_only_function<void()>;

  ShardInfo new_shard(StreamId stream, ShardNumber number, HashRange range);
  void publish(StreamInfo stream);
  void close(ShardInfo& shard);
  void append(Shard& shard, std::uint32_t count, ByteBuffer body);
  void wake(Shard& shard);
  void later(Later what) { others_.push_back(std::move(what)); }
  Result<ReadResult> read_now(const ReadRequest& request) const;
  Position find_now(const Shard& shard, WallTime time) const;
  Result<Committed> commit_now(Transaction& transaction);
  Result<void> check(const Transaction& transaction) const;
  TriggerState open_now(const TriggerSpec& spec, const StreamInfo& stream);

  const Clock& clock_;
  std::map<std::string, StreamRef, std::less<>> streams_;
  std::map<ShardKey, Shard> shards_;
  std::map<std::pair<std::string, StreamId>, Trigger> triggers_;
  std::list<std::function<void(const std::string&)>> watchers_;
  std::deque<Later> commits_;
  std::deque<Later> others_;
  std::uint32_t next_stream_ = 1;
  std::uint32_t next_shard_ = 1;
  std::uint32_t next_trigger_ = 1;
  std::uint64_t commits_done_ = 0;
};

}  // namespace shardmill::test
