#include "store/stream_changes.h"

#include <fmt/format.h>

namespace shardmill::store {
namespace {

// The i-th of `count` ranges of even size that tile the key space; the last takes what is left over.
HashRange even_range(std::uint32_t i, std::uint32_t count) {
  // floor(2^128 / count), as AWS cuts; it has no 129 bits to divide, and wraps to 0 for one shard, which needs none.
  HashKey width = kMaxHashKey / count + (kMaxHashKey % count == count - 1 ? 1 : 0);
  HashKey first = width * i;
  return {first, i + 1 == count ? kMaxHashKey : first + width - 1};
}

}  // namespace

Result<StreamRef> existing(const Core& core, const std::string& name) {
  StreamRef stream = core.catalog.find(name);
  if (stream == nullptr) return fail(Errc::not_found, fmt::format("there is no stream {}", name));
  return stream;
}

void add_shards(Core& core, const StreamInfo& stream, std::span<const ShardInfo> shards) {
  auto name = std::make_shared<const std::string>(stream.name);
  std::vector<ShardRef> states;
  states.reserve(shards.size());
  for (const ShardInfo& shard : shards) {
    states.push_back(std::make_shared<ShardState>(shard.key, shard.number, name));
  }
  core.shards.add(states);
}

// ---- create ----------------------------------------------------------------------------------------------------

Result<bool> CreateStream::write(Core& core) {
  if (core.catalog.find(wanted_.name) != nullptr) {
    return fail(Errc::exists, fmt::format("there is a stream {} already", wanted_.name));
  }
  if (wanted_.shards < 1 || wanted_.shards > kMaxShards) {
    return fail(Errc::limit_exceeded, fmt::format("stream {}: {} shards wanted, 1 to {} are possible", wanted_.name,
                                                  wanted_.shards, kMaxShards));
  }
  WallTime now = core.clock.now();
  made_ = std::make_shared<StreamInfo>();
  made_->id = StreamId{core.counters.stream++};
  made_->name = wanted_.name;
  made_->mode = wanted_.mode;
  made_->created = now;
  made_->retention_hours = wanted_.retention_hours;
  made_->tags = wanted_.tags;
  ++core.counters.streams;
  Result<void> done = core.marks.reserve(mark_of(ShardKey{core.counters.shard + wanted_.shards - 1}));
  if (done) done = core.rows.put_stream({*made_, wanted_.shards, wanted_.shards});
  made_->shards.resize(wanted_.shards);
  for (std::uint32_t i = 0; i < wanted_.shards && done; ++i) {
    ShardInfo& shard = made_->shards[i];
    shard.key = ShardKey{core.counters.shard++};
    shard.number = ShardNumber{i};
    shard.range = even_range(i, wanted_.shards);
    shard.created = now;
    shard.prefix = sequence_prefix(now.ms * 1000, shard.number, made_->id);
    done = core.rows.put_shard(made_->id, {shard, {}});
  }
  if (!done) return std::unexpected(done.error());
  return true;
}

void CreateStream::publish(Core& core) {
  index_open_shards(*made_);
  core.next_numbers[made_->id] = wanted_.shards;
  add_shards(core, *made_, made_->shards);
  core.catalog.put(made_);
  done_(StreamRef(made_));
}

// ---- remove ----------------------------------------------------------------------------------------------------

Result<bool> RemoveStream::write(Core& core) {
  Result<StreamRef> stream = existing(core, name_);
  if (!stream) return std::unexpected(stream.error());
  removed_ = *stream;
  --core.counters.streams;
  Result<void> done = core.rows.drop_stream(removed_->id);
  if (done) done = core.triggers.drop_stream(removed_->id);
  core.counters.triggers = core.triggers.size();
  for (const ShardInfo& shard : removed_->shards) {
    if (!done) break;
    done = core.rows.drop_shard(shard.key);
  }
  if (!done) return std::unexpected(done.error());
  return true;
}

void RemoveStream::publish(Core& core) {
  core.next_numbers.erase(removed_->id);
  for (const ShardInfo& shard : removed_->shards) {
    if (ShardRef state = core.shards.remove(shard.key)) state->publish_gone();
  }
  core.catalog.erase(name_);
  core.garbage = true;
  done_({});
}

// ---- change ----------------------------------------------------------------------------------------------------

Result<bool> ChangeStream::write(Core& core) {
  Result<StreamRef> stream = existing(core, name_);
  if (!stream) return std::unexpected(stream.error());
  changed_ = std::make_shared<StreamInfo>(**stream);
  if (change_.retention_hours) changed_->retention_hours = *change_.retention_hours;
  if (change_.mode) changed_->mode = *change_.mode;
  if (change_.enforce_limits) changed_->enforce_limits = *change_.enforce_limits;
  if (change_.tags) changed_->tags = std::move(*change_.tags);
  Result<void> done = core.rows.put_stream(core.row_of(*changed_));
  if (!done) return std::unexpected(done.error());
  return true;
}

void ChangeStream::publish(Core& core) {
  core.catalog.put(changed_);
  done_(StreamRef(changed_));
}

}  // namespace shardmill::store
