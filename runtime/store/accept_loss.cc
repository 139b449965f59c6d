#include "store/accept_loss.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "store/seal.h"
#include "store/stream_changes.h"

namespace shardmill::store {

Result<void> AcceptLoss::write_substitute(Core& core, const PositionRange& lost) {
  Position next = lost.first;
  while (next <= lost.last) {
    std::uint64_t count =
        std::min<std::uint64_t>(lost.last.value - next.value + 1, std::numeric_limits<std::uint32_t>::max());
    // Links to nothing and nothing links to it: what was around it is not known for sure.
    SealedFields fields{.shard = shard_->key,
                        .count = static_cast<std::uint32_t>(count),
                        .first = next,
                        .arrival = shard_->committed.arrival,
                        .previous = 0,
                        .body_crc = crc32c({})};
    Result<void> done = core.insert_chunk.run(fields.shard, fields.first.value, fields.count, fields.arrival.ms,
                                              fields.previous, fields.body_crc, seal_of(fields), Bytes());
    if (!done) return done;
    next = fields.last().plus(1);
  }
  given_up_ += lost.last.value - lost.first.value + 1;
  return {};
}

Result<bool> AcceptLoss::write(Core& core) {
  Result<StreamRef> stream = existing(core, stream_);
  if (!stream) return std::unexpected(stream.error());
  const ShardInfo* info = (*stream)->shard(number_);
  if (info == nullptr) return fail(Errc::not_found, fmt::format("stream {} has no {}", stream_, shard_id(number_)));
  shard_ = core.shards.find(info->key);
  std::optional<Refusal> refusal = shard_->refusal();
  Result<SurveyResult> found = survey(core.db, *shard_, refusal ? refusal->reach : shard_->committed.end);
  if (!found) return std::unexpected(found.error());
  if (found->lost.empty() && found->damaged.empty()) {
    return fail(Errc::invalid, fmt::format("{}: nothing is missing", shard_->name()));
  }
  Result<Statement> remove = core.db.prepare("DELETE FROM chunks WHERE id=?1");
  if (!remove) return std::unexpected(remove.error());
  for (std::int64_t id : found->damaged) {
    if (Result<void> done = remove->run(id); !done) return std::unexpected(done.error());
  }
  for (const PositionRange& lost : found->lost) {
    if (Result<void> done = write_substitute(core, lost); !done) return std::unexpected(done.error());
  }
  return true;
}

void AcceptLoss::publish(Core& core) {
  if (std::optional<Refusal> refusal = shard_->refusal()) {
    // The seal that the next append links to does not matter: nothing is compared after a substitute.
    ShardState::Horizon horizon = shard_->horizon();
    Position end = std::max(refusal->reach, shard_->committed.end);
    shard_->restore(horizon.first, horizon.seal, {end, 0, shard_->committed.arrival}, !shard_->open);
    shard_->refuse(std::nullopt);
    core.marks.raise(mark_of(shard_->key), end.value);
  }
  done_(given_up_);
}

}  // namespace shardmill::store
