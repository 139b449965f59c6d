#include "store/reshard.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/stream_changes.h"

namespace shardmill::store {

Result<ShardInfo*> Reshard::open_shard(ShardNumber number) {
  const ShardInfo* found = stream_->shard(number);
  if (found == nullptr) return fail(Errc::not_found, fmt::format("stream {} has no {}", name_, shard_id(number)));
  if (!found->is_open()) {
    return fail(Errc::in_use, fmt::format("stream {}: {} is closed already", name_, shard_id(number)));
  }
  return &stream_->shards[static_cast<std::size_t>(found - stream_->shards.data())];
}

void Reshard::close(Core& core, ShardInfo& shard) {
  ShardRef state = core.shards.find(shard.key);
  shard.closed_at = state == nullptr ? Position{} : state->committed.end;  // null: made by an earlier step
  shard.closed = core.clock.now();
  closed_.push_back(shard.number);
}

ShardInfo Reshard::child(Core& core, HashRange range, const ShardInfo& parent, const ShardInfo* adjacent) {
  ShardInfo shard;
  shard.key = ShardKey{core.counters.shard++};
  shard.number = ShardNumber{next_number_++};
  shard.range = range;
  shard.parent = parent.number;
  // A child's sequence numbers must lie above its parents', even if the clock went back.
  std::int64_t created = std::max(core.clock.now().ms * 1000, created_us(parent.prefix));
  if (adjacent != nullptr) {
    shard.adjacent_parent = adjacent->number;
    created = std::max(created, created_us(adjacent->prefix));
  }
  shard.created = {created / 1000};
  shard.prefix = sequence_prefix(created, shard.number, stream_->id);
  return shard;
}

Result<void> Reshard::apply(Core& core, const SplitAt& split) {
  Result<ShardInfo*> found = open_shard(split.shard);
  if (!found) return std::unexpected(found.error());
  ShardInfo& parent = **found;
  if (split.second_starts <= parent.range.first || split.second_starts > parent.range.last) {
    return fail(Errc::invalid, fmt::format("stream {}: {} cannot be split at {}: its range is {} to {}, and each "
                                           "half must hold a key",
                                           name_, shard_id(parent.number), to_decimal(split.second_starts),
                                           to_decimal(parent.range.first), to_decimal(parent.range.last)));
  }
  close(core, parent);
  ShardInfo low = child(core, {parent.range.first, split.second_starts - 1}, parent, nullptr);
  ShardInfo high = child(core, {split.second_starts, parent.range.last}, parent, nullptr);
  stream_->shards.push_back(low);
  stream_->shards.push_back(high);
  return {};
}

Result<void> Reshard::apply(Core& core, const MergeOf& merge) {
  Result<ShardInfo*> first = open_shard(merge.first);
  if (!first) return std::unexpected(first.error());
  Result<ShardInfo*> second = open_shard(merge.second);
  if (!second) return std::unexpected(second.error());
  HashRange a = (*first)->range;
  HashRange b = (*second)->range;
  bool adjacent =
      (a.last != kMaxHashKey && a.last + 1 == b.first) || (b.last != kMaxHashKey && b.last + 1 == a.first);
  if (!adjacent) {
    return fail(Errc::invalid, fmt::format("stream {}: {} and {} cannot be merged: their ranges do not touch",
                                           name_, shard_id(merge.first), shard_id(merge.second)));
  }
  close(core, **first);
  close(core, **second);
  HashRange both{std::min(a.first, b.first), std::max(a.last, b.last)};
  stream_->shards.push_back(child(core, both, **first, *second));
  return {};
}

Result<bool> Reshard::write(Core& core) {
  Result<StreamRef> stream = existing(core, name_);
  if (!stream) return std::unexpected(stream.error());
  stream_ = std::make_shared<StreamInfo>(**stream);
  before_ = stream_->shards.size();
  next_number_ = core.next_numbers.at(stream_->id);
  for (const auto& step : steps_) {
    Result<void> done = std::visit([&](const auto& s) { return apply(core, s); }, step);
    if (!done) return std::unexpected(done.error());
  }
  index_open_shards(*stream_);
  if (stream_->open_by_hash.size() > kMaxShards) {
    return fail(Errc::limit_exceeded, fmt::format("stream {} would have {} open shards, at most {} are possible",
                                                  name_, stream_->open_by_hash.size(), kMaxShards));
  }
  Result<void> done = core.marks.reserve(mark_of(ShardKey{core.counters.shard - 1}));
  if (done) done = core.rows.put_stream({*stream_, next_number_, stream_->shards.size()});
  for (std::size_t i = 0; i < stream_->shards.size() && done; ++i) {
    const ShardInfo& shard = stream_->shards[i];
    bool made_or_closed = i >= before_ || (!shard.is_open() && (*stream)->shards[i].is_open());
    if (!made_or_closed) continue;
    ShardRef state = core.shards.find(shard.key);
    done = core.rows.put_shard(stream_->id, {shard, state == nullptr ? ShardState::Horizon{} : state->horizon()});
  }
  if (!done) return std::unexpected(done.error());
  return true;
}

void Reshard::publish(Core& core) {
  core.next_numbers[stream_->id] = next_number_;
  add_shards(core, *stream_, std::span(stream_->shards).subspan(before_));
  // The new snapshot first: whoever is told that a shard is closed finds its children.
  core.catalog.put(stream_);
  for (ShardNumber number : closed_) {
    ShardRef state = core.shards.find(stream_->shard(number)->key);
    state->open = false;
    state->publish_closed();
  }
  done_(StreamRef(stream_));
}

}  // namespace shardmill::store
