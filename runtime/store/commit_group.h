// The appends and checkpoints of many callers in one database transaction. Writer thread only.
#pragma once

#include <optional>
#include <vector>

#include "api/streams.h"
#include "store/core.h"

namespace shardmill::store {

// One call of commit() on its way through the writer.
struct PendingCommit {
  Transaction* transaction = nullptr;
  Callback<Result<Committed>> done;
  std::vector<std::uint32_t> body_crcs;  // of each append, summed on the caller's thread
  std::optional<Error> refused;          // found wrong on the caller's thread
  Committed result;
};

// Sums the bodies and checks what can be checked without the store's state. Any thread.
PendingCommit prepare_commit(Transaction& transaction, Callback<Result<Committed>> done);

// What one pending commit takes of the group's and the queue's room.
std::size_t cost_of(const PendingCommit& commit);

class CommitGroup {
 public:
  explicit CommitGroup(Core& core) : core_(core), now_(core.clock.now()) {}

  // Checks the rules against everything written so far. Nothing is written when it fails.
  Result<void> allowed(const PendingCommit& commit) const;
  // Writes the rows. A failure is one of the storage and ends the group.
  Result<void> write(PendingCommit& commit);

  // After the fsync: shows everything to readers, fills in the results, wakes waiters.
  void publish();
  // After the rollback: as if the group had never been.
  void forget();

 private:
  struct Placed {
    ShardRef shard;
    Append* append;
    Position first;
    WallTime arrival;
  };

  Core& core_;
  WallTime now_;
  std::vector<Placed> placed_;
};

}  // namespace shardmill::store
