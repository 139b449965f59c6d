// Removes what time or a deletion has taken: chunks past their stream's retention, closed shards whose last record is
// past it, chunks of deleted streams. In steps of a few megabytes, each a transaction of its own that the writer runs
// between two groups, so that no caller waits for gigabytes to be swept. Writer thread only.
#pragma once

#include <string>
#include <vector>

#include "store/change.h"

namespace shardmill::store {

class Sweep : public Change {
 public:
  // `core` is borrowed for the sweep's life.
  static Result<std::unique_ptr<Sweep>> open(Core& core);

  // Begins a pass over all streams, or begins it anew. `done` is called at the pass's end, after its last commit;
  // with the error if the disk refuses.
  void begin(Callback<Result<void>> done = nullptr);
  [[nodiscard]] bool under_way() const { return !streams_.empty() || core_.garbage; }

  // No step will follow.
  void cancel() { finish(fail(Errc::cancelled, "the store is closing")); }

  // One step.
  Result<bool> write(Core& core) override;
  void publish(Core& core) override;
  void refuse(Error error) override;

 private:
  // What one step may still do.
  struct Budget {
    std::int64_t bytes = std::int64_t{4} << 20;
    int rows = 1000;
    [[nodiscard]] bool spent() const { return bytes <= 0 || rows <= 0; }
  };
  struct Trimmed {
    ShardRef shard;
    ShardState::Horizon before;
    WallTime oldest_before;
  };

  explicit Sweep(Core& core) : core_(core) {}
  Result<void> sweep_garbage(Budget& budget);
  Result<void> sweep_stream(const StreamInfo& stream, Budget& budget);
  Result<void> trim(const StreamInfo& stream, const ShardInfo& info, const ShardRef& shard, WallTime kept,
                    Budget& budget);
  Result<void> drop(const StreamInfo& stream, const ShardInfo& info);
  void next_stream();
  void finish(Result<void> outcome);

  Core& core_;
  Statement select_garbage_;
  Statement forget_garbage_;
  Statement select_chunks_;
  Statement delete_chunk_;

  // The pass.
  std::vector<std::string> streams_;  // still to visit, the current one last
  ShardNumber next_shard_{};          // of the current one
  std::vector<Callback<Result<void>>> waiting_;

  // The step that is being written.
  bool wrote_ = false;
  std::vector<Trimmed> trimmed_;
  StreamRef stream_;
  std::vector<ShardNumber> dropped_;  // of stream_, rising
};

}  // namespace shardmill::store
