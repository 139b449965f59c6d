#include "store/commit_group.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/seal.h"

namespace shardmill::store {
namespace {

constexpr std::size_t kMaxBody = std::size_t{256} << 20;  // bytes; SQLite's own limit on a blob is 10^9
constexpr std::size_t kOverhead = 256;                    // bytes of bookkeeping per pending commit, about

Error shard_gone(ShardKey key) {
  return {Errc::shard_closed,
          fmt::format("the shard with key {} does not exist any more", std::to_underlying(key))};
}

}  // namespace

PendingCommit prepare_commit(Transaction& transaction, Callback<Result<Committed>> done) {
  PendingCommit commit{&transaction, std::move(done), {}, std::nullopt, {}};
  commit.body_crcs.reserve(transaction.appends.size());
  for (const Append& append : transaction.appends) {
    Bytes body = append.body.bytes();
    if (append.count == 0 || body.size() > kMaxBody || !well_formed(body, append.count)) {
      commit.refused = Error{Errc::invalid, fmt::format("an append of {} bytes is not {} records in chunk format",
                                                        body.size(), append.count)};
      return commit;
    }
    commit.body_crcs.push_back(crc32c(body));
  }
  return commit;
}

std::size_t cost_of(const PendingCommit& commit) {
  std::size_t cost = kOverhead + commit.transaction->checkpoints.size() * sizeof(CheckpointMove);
  for (const Append& append : commit.transaction->appends) cost += append.body.size();
  return cost;
}

Result<void> CommitGroup::allowed(const PendingCommit& commit) const {
  if (commit.refused) return std::unexpected(*commit.refused);
  for (const Append& append : commit.transaction->appends) {
    ShardRef shard = core_.shards.find(append.shard);
    if (shard == nullptr) return std::unexpected(shard_gone(append.shard));
    if (!shard->open) return fail(Errc::shard_closed, fmt::format("{} is closed", shard->name()));
    if (Result<void> ok = shard->readable(); !ok) return ok;
  }
  for (const CheckpointMove& move : commit.transaction->checkpoints) {
    ShardRef shard = core_.shards.find(move.shard);
    if (shard == nullptr) {
      return fail(Errc::not_found, fmt::format("checkpoint of a shard that does not exist any more (key {})",
                                               std::to_underlying(move.shard)));
    }
    if (Result<void> ok = core_.triggers.allowed(move, *shard); !ok) return ok;
  }
  return {};
}

Result<void> CommitGroup::write(PendingCommit& commit) {
  std::vector<Append>& appends = commit.transaction->appends;
  commit.result.firsts.reserve(appends.size());
  for (std::size_t i = 0; i < appends.size(); ++i) {
    Append& append = appends[i];
    ShardRef shard = core_.shards.find(append.shard);
    Written& written = shard->written;
    SealedFields fields{.shard = append.shard,
                        .count = append.count,
                        .first = written.end.plus(1),
                        .arrival = std::max(now_, written.arrival),
                        .previous = written.seal,
                        .body_crc = commit.body_crcs[i]};
    std::uint32_t seal = seal_of(fields);
    placed_.push_back({shard, &append, fields.first, fields.arrival});
    Result<void> done = core_.insert_chunk.run(fields.shard, fields.first.value, fields.count, fields.arrival.ms,
                                               fields.previous, fields.body_crc, seal, append.body.bytes());
    if (!done) return done;
    written = {fields.last(), seal, fields.arrival};
    commit.result.firsts.push_back(fields.first);
  }
  for (const CheckpointMove& move : commit.transaction->checkpoints) {
    Result<void> done = core_.triggers.move(move);
    if (!done) return done;
  }
  return {};
}

void CommitGroup::publish() {
  core_.triggers.keep();
  for (Placed& placed : placed_) {
    ShardState& shard = *placed.shard;
    if (shard.committed.end.value == 0 || shard.bounds().horizon > shard.committed.end)
      shard.oldest = placed.arrival;
    shard.committed = shard.written;
    core_.marks.raise(mark_of(shard.key), placed.first.plus(placed.append->count - 1).value);
    auto chunk = std::make_shared<Chunk>();
    chunk->first = placed.first;
    chunk->count = placed.append->count;
    chunk->arrival = placed.arrival;
    chunk->body = std::move(placed.append->body);
    chunk->body.shrink_to_fit();
    bool keep = core_.tail.admit(placed.shard, *chunk);
    shard.publish(std::move(chunk), keep);
  }
}

void CommitGroup::forget() {
  core_.triggers.forget();
  for (Placed& placed : placed_) placed.shard->written = placed.shard->committed;
}

}  // namespace shardmill::store
