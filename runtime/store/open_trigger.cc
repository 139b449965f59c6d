#include "store/open_trigger.h"

#include <fmt/format.h>

namespace shardmill::store {
namespace {

StreamRef stream_of(const Core& core, StreamId id) {
  for (StreamRef& stream : core.catalog.list()) {
    if (stream->id == id) return stream;
  }
  return nullptr;
}

}  // namespace

Result<Position> OpenTrigger::start_in(Core& core, const ShardState& shard) const {
  switch (spec_.start) {
    case StartingPosition::trim_horizon:
      return Position{};
    case StartingPosition::latest:
      return shard.committed.end;
    case StartingPosition::at_timestamp:
      break;
  }
  std::optional<Result<Position>> first = shard.try_find(spec_.start_time);
  if (!first) first = core.chunks.find(shard, spec_.start_time);
  if (!*first) return std::unexpected(first->error());
  return Position{(*first)->value - 1};
}

Result<bool> OpenTrigger::write(Core& core) {
  StreamRef stream = stream_of(core, spec_.stream);
  if (stream == nullptr) {
    return fail(Errc::not_found, fmt::format("function {}: the stream it is triggered by (id {}) does not exist",
                                             spec_.function, std::to_underlying(spec_.stream)));
  }
  if (std::optional<TriggerKey> known = core.triggers.find(spec_.function, spec_.stream)) {
    key_ = *known;
    return false;
  }
  std::map<ShardKey, Position> checkpoints;
  for (const ShardInfo& shard : stream->shards) {
    Result<Position> start = start_in(core, *core.shards.find(shard.key));
    if (!start) return std::unexpected(start.error());
    checkpoints.emplace(shard.key, *start);
  }
  key_ = TriggerKey{core.counters.trigger++};
  Result<void> done = core.triggers.create(key_, spec_.function, spec_.stream, checkpoints);
  if (!done) return std::unexpected(done.error());
  core.counters.triggers = core.triggers.size();
  return true;
}

}  // namespace shardmill::store
