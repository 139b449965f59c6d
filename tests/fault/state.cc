#include "state.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace shardmill::test {

// ---- the rules -------------------------------------------------------------------------------------------------

ShardKey State::add_shard(const std::string& stream, HashRange range) {
  ShardKey key{next_shard++};
  ShardState shard;
  shard.stream = stream;
  shard.number = ShardNumber{streams.at(stream).next_number++};
  shard.range = range;
  shards.emplace(key, std::move(shard));
  return key;
}

void State::create(const std::string& name, std::uint32_t count) {
  streams[name].id = StreamId{next_stream++};
  HashKey width = kMaxHashKey / count + (kMaxHashKey % count == count - 1 ? 1 : 0);
  for (std::uint32_t i = 0; i < count; ++i) {
    add_shard(name, {width * i, i + 1 == count ? kMaxHashKey : width * (i + 1) - 1});
  }
}

void State::remove(const std::string& name) {
  streams.erase(name);
  std::erase_if(shards, [&](const auto& shard) { return shard.second.stream == name; });
}

void State::open_trigger(const std::string& name) {
  StreamState& stream = streams.at(name);
  if (stream.trigger) return;
  stream.trigger = TriggerKey{next_trigger++};
  for (const auto& [key, shard] : shards) {
    if (shard.stream == name) stream.checkpoints.emplace(key, Position{});
  }
}

void State::split(ShardKey key, HashKey second_starts, WallTime now) {
  shards.at(key).closed = now;
  ShardState parent = shards.at(key);
  for (HashRange range :
       {HashRange{parent.range.first, second_starts - 1}, HashRange{second_starts, parent.range.last}}) {
    shards.at(add_shard(parent.stream, range)).parent = parent.number;
  }
}

void State::merge(ShardKey first, ShardKey second, WallTime now) {
  ShardState& a = shards.at(first);
  ShardState& b = shards.at(second);
  a.closed = now;
  b.closed = now;
  HashRange both{std::min(a.range.first, b.range.first), std::max(a.range.last, b.range.last)};
  ShardState& child = shards.at(add_shard(a.stream, both));
  child.parent = a.number;
  child.adjacent_parent = b.number;
}

void State::sweep(WallTime now, const std::function<bool(ShardKey)>& of) {
  for (auto at = shards.begin(); at != shards.end();) {
    if (!of(at->first)) {
      ++at;
      continue;
    }
    ShardState& shard = at->second;
    StreamState& stream = streams.at(shard.stream);
    auto retention = std::chrono::milliseconds(std::chrono::hours(stream.retention_hours));
    WallTime kept{now.ms - retention.count()};
    auto front = std::ranges::find_if(shard.chunks, [&](const auto& chunk) { return chunk->arrival >= kept; });
    shard.chunks.erase(shard.chunks.begin(), front);
    shard.horizon = shard.chunks.empty() ? shard.end.plus(1) : shard.chunks.front()->first;
    bool gone = shard.closed && *shard.closed < kept && shard.chunks.empty();
    if (gone) stream.checkpoints.erase(at->first);
    at = gone ? shards.erase(at) : std::next(at);
  }
}

std::optional<Errc> State::refusal(const Plan& plan) const {
  for (const Plan::Put& put : plan.puts) {
    auto shard = shards.find(put.shard);
    if (shard == shards.end() || shard->second.closed) return Errc::shard_closed;
  }
  for (const CheckpointMove& move : plan.moves) {
    auto shard = shards.find(move.shard);
    if (shard == shards.end()) return Errc::not_found;
    const StreamState& stream = streams.at(shard->second.stream);
    auto now = stream.checkpoints.find(move.shard);
    if (now != stream.checkpoints.end() && move.position < now->second) return Errc::invalid;
    if (move.position > shard->second.end) return Errc::invalid;
  }
  return std::nullopt;
}

Result<std::vector<Position>> State::commit(const Plan& plan, WallTime now) {
  if (std::optional<Errc> code = refusal(plan)) return fail(*code, "");
  std::vector<Position> firsts;
  for (const Plan::Put& put : plan.puts) {
    ShardState& shard = shards.at(put.shard);
    firsts.push_back(shard.end.plus(1));
    shard.arrival = std::max(shard.arrival, now);
    shard.chunks.push_back(std::make_shared<ChunkState>(firsts.back(), shard.arrival, put.records));
    shard.end = shard.end.plus(put.records.size());
  }
  for (const CheckpointMove& move : plan.moves) {
    streams.at(shards.at(move.shard).stream).checkpoints[move.shard] = move.position;
  }
  return firsts;
}

std::vector<ShardKey> State::open_shards(const std::string& stream) const {
  std::vector<ShardKey> keys;
  for (const auto& [key, shard] : shards) {
    if (shard.stream == stream && !shard.closed) keys.push_back(key);
  }
  std::ranges::sort(keys, {}, [&](ShardKey key) { return shards.at(key).range.first; });
  return keys;
}

// ---- against the store -----------------------------------------------------------------------------------------

namespace {

using Difference = std::optional<std::string>;

std::string name_of(const ShardState& shard) {
  return fmt::format("stream {}, {}", shard.stream, shard_id(shard.number));
}

Difference shard_difference(ShardKey key, const ShardState& shard, const ShardInfo* info) {
  if (info == nullptr) return name_of(shard) + " is not there";
  bool same = info->key == key && info->range == shard.range && info->parent == shard.parent &&
              info->adjacent_parent == shard.adjacent_parent &&
              info->closed_at == (shard.closed ? std::optional(shard.end) : std::nullopt) &&
              (!shard.closed || info->closed == *shard.closed);
  if (!same) return name_of(shard) + " is not what it was made";
  return std::nullopt;
}

// The records of a slice against those of the chunk that must hold them.
Difference slice_difference(const ShardState& shard, const ChunkSlice& slice) {
  auto at = std::ranges::upper_bound(shard.chunks, slice.first, {}, [](const auto& chunk) { return chunk->first; });
  if (at == shard.chunks.begin())
    return fmt::format("{}: {} is below the horizon", name_of(shard), slice.first.value);
  const ChunkState& chunk = **std::prev(at);
  std::size_t offset = slice.first.value - chunk.first.value;
  if (offset + slice.count > chunk.records.size())
    return fmt::format("{}: {} is too much", name_of(shard), slice.last().value);
  if (slice.arrival() != chunk.arrival)
    return fmt::format("{}: {} has another time", name_of(shard), slice.first.value);
  ReadResult one{.slices = {slice}, .next = {}, .end = {}};
  std::vector<Record> found = records_of(one);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == chunk.records[offset + i]) continue;
    return fmt::format("{}: position {} holds other bytes than were put", name_of(shard),
                       slice.first.plus(i).value);
  }
  return std::nullopt;
}

Result<ReadResult> read_some(Store& store, ShardKey key, Position from, std::uint32_t records) {
  return wait_for<Result<ReadResult>>(
      [&](auto done) { store.read({key, from, records, std::size_t{1} << 16}, std::move(done)); });
}

Difference bounds_difference(ShardKey key, const ShardState& shard, Store& store) {
  Result<ShardBounds> bounds = store.bounds(key);
  if (!bounds) return bounds.error().text;
  bool closed = shard.closed.has_value();
  if (bounds->horizon == shard.horizon && bounds->end == shard.end && bounds->closed == closed) return std::nullopt;
  Result<ReadResult> result = read_some(store, key, shard.horizon, 1);  // the store may know, and refuse
  if (!result) return result.error().text;
  return fmt::format("{}: holds {} to {}, {} to {} wanted", name_of(shard), bounds->horizon.value,
                     bounds->end.value, shard.horizon.value, shard.end.value);
}

Difference record_difference(ShardKey key, const ShardState& shard, Store& store, std::uint32_t records) {
  if (Difference d = bounds_difference(key, shard, store)) return d;
  Position next = shard.horizon;
  while (next <= shard.end) {
    Result<ReadResult> result = read_some(store, key, next, records);
    if (!result) return result.error().text;
    for (const ChunkSlice& slice : result->slices) {
      if (slice.first != next)
        return fmt::format("{}: {} instead of {}", name_of(shard), slice.first.value, next.value);
      if (Difference found = slice_difference(shard, slice)) return found;
      next = slice.last().plus(1);
    }
    if (result->next != next || result->slices.empty())
      return fmt::format("{}: a hole at {}", name_of(shard), next.value);
  }
  return std::nullopt;
}

Difference trigger_difference(const std::string& name, const StreamState& stream, Store& store) {
  if (!stream.trigger) return std::nullopt;
  auto found = wait_for<Result<TriggerState>>([&](auto done) {
    store.open_trigger({"f", stream.id, StartingPosition::trim_horizon, {}}, std::move(done));
  });
  if (!found) return found.error().text;
  if (found->key != *stream.trigger) return fmt::format("stream {}: its trigger is not there", name);
  if (found->checkpoints == stream.checkpoints) return std::nullopt;
  for (const auto& [shard, position] : stream.checkpoints) {
    auto at = found->checkpoints.find(shard);
    if (at != found->checkpoints.end() && at->second == position) continue;
    return fmt::format(
        "stream {}: the checkpoint of shard key {} is {}, {} wanted", name, std::to_underlying(shard),
        at == found->checkpoints.end() ? -1 : static_cast<std::int64_t>(at->second.value), position.value);
  }
  return fmt::format("stream {}: a checkpoint too many", name);
}

}  // namespace

Difference record_difference(const State& state, Store& store, std::uint32_t records) {
  for (const auto& [key, shard] : state.shards) {
    if (Difference d = record_difference(key, shard, store, records)) return d;
  }
  return std::nullopt;
}

Difference difference(const State& state, Store& store, std::uint32_t records) {
  std::vector<StreamRef> found = store.list();
  if (found.size() != state.streams.size()) {
    return fmt::format("{} streams, {} wanted", found.size(), state.streams.size());
  }
  std::size_t shards = 0;
  for (const auto& [name, stream] : state.streams) {
    StreamRef info = store.find(name);
    if (info == nullptr || info->id != stream.id) return fmt::format("stream {} is not there", name);
    if (info->retention_hours != stream.retention_hours) return fmt::format("stream {}: another retention", name);
    shards += info->shards.size();
  }
  if (shards != state.shards.size()) return fmt::format("{} shards, {} wanted", shards, state.shards.size());
  for (const auto& [key, shard] : state.shards) {
    if (Difference d = shard_difference(key, shard, store.find(shard.stream)->shard(shard.number))) return d;
  }
  if (Difference d = record_difference(state, store, records)) return d;
  for (const auto& [name, stream] : state.streams) {
    if (Difference d = trigger_difference(name, stream, store)) return d;
  }
  return std::nullopt;
}

}  // namespace shardmill::test
