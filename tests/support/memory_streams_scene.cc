// What a test does to the streams itself: everything takes effect at once.
#include <algorithm>
#include <stdexcept>

#include "support/memory_streams.h"

namespace shardmill::test {

ShardInfo MemoryStreams::new_shard(StreamId stream, ShardNumber number, HashRange range) {
  ShardInfo shard;
  shard.key = ShardKey{next_shard_++};
  shard.number = number;
  shard.range = range;
  shard.created = clock_.now();
  shard.prefix = sequence_prefix(clock_.now().ms * 1000, number, stream);
  shards_[shard.key];
  return shard;
}

void MemoryStreams::publish(StreamInfo stream) {
  stream.open_by_hash.clear();
  for (std::uint32_t i = 0; i < stream.shards.size(); ++i) {
    if (stream.shards[i].is_open()) stream.open_by_hash.push_back(i);
  }
  std::sort(stream.open_by_hash.begin(), stream.open_by_hash.end(), [&](std::uint32_t a, std::uint32_t b) {
    return stream.shards[a].range.first < stream.shards[b].range.first;
  });
  std::string name = stream.name;
  streams_[name] = std::make_shared<const StreamInfo>(std::move(stream));
  for (auto& changed : watchers_) changed(name);
}

StreamRef MemoryStreams::create_now(const std::string& name, std::uint32_t shards) {
  StreamInfo stream;
  stream.id = StreamId{next_stream_++};
  stream.name = name;
  stream.created = clock_.now();
  for (std::uint32_t i = 0; i < shards; ++i) {
    HashKey width = kMaxHashKey / shards;
    HashRange range{width * i, i + 1 == shards ? kMaxHashKey : width * (i + 1) - 1};
    stream.shards.push_back(new_shard(stream.id, ShardNumber{i}, range));
  }
  publish(std::move(stream));
  return find(name);
}

void MemoryStreams::remove_now(const std::string& name) {
  StreamRef stream = find(name);
  streams_.erase(name);
  for (const ShardInfo& info : stream->shards) {
    std::list<Waker> wakers = std::move(shards_.at(info.key).wakers);
    shards_.erase(info.key);
    for (Waker& waker : wakers) waker.wake();
  }
  for (auto& changed : watchers_) changed(name);
}

void MemoryStreams::lose_now(const std::string& name, ShardNumber shard) {
  StreamInfo stream = *find(name);
  auto lost = stream.shards.begin() + (stream.shard(shard) - stream.shards.data());
  std::list<Waker> wakers = std::move(shards_.at(lost->key).wakers);
  shards_.erase(lost->key);
  stream.shards.erase(lost);
  for (Waker& waker : wakers) waker.wake();
  publish(std::move(stream));
}

void MemoryStreams::close(ShardInfo& shard) {
  Shard& stored = shards_.at(shard.key);
  shard.closed_at = stored.end;
  shard.closed = clock_.now();
  stored.closed = true;
  wake(stored);
}

void MemoryStreams::split_now(const std::string& name, ShardNumber shard) {
  StreamInfo stream = *find(name);
  auto number = static_cast<std::uint32_t>(stream.shards.back().number) + 1;
  std::size_t parent = static_cast<std::size_t>(stream.shard(shard) - stream.shards.data());
  HashRange range = stream.shards[parent].range;
  HashKey middle = range.first + (range.last - range.first) / 2;
  for (HashRange half : {HashRange{range.first, middle}, HashRange{middle + 1, range.last}}) {
    ShardInfo child = new_shard(stream.id, ShardNumber{number++}, half);
    child.parent = shard;
    stream.shards.push_back(child);
  }
  close(stream.shards[parent]);
  publish(std::move(stream));
}

void MemoryStreams::merge_now(const std::string& name, ShardNumber first, ShardNumber second) {
  StreamInfo stream = *find(name);
  auto number = static_cast<std::uint32_t>(stream.shards.back().number) + 1;
  std::size_t one = static_cast<std::size_t>(stream.shard(first) - stream.shards.data());
  std::size_t other = static_cast<std::size_t>(stream.shard(second) - stream.shards.data());
  HashRange range{std::min(stream.shards[one].range.first, stream.shards[other].range.first),
                  std::max(stream.shards[one].range.last, stream.shards[other].range.last)};
  ShardInfo child = new_shard(stream.id, ShardNumber{number}, range);
  child.parent = first;
  child.adjacent_parent = second;
  stream.shards.push_back(child);
  close(stream.shards[one]);
  close(stream.shards[other]);
  publish(std::move(stream));
}

ShardKey MemoryStreams::key_of(const std::string& stream, ShardNumber shard) const {
  return find(stream)->shard(shard)->key;
}

void MemoryStreams::put(const std::string& stream, ShardNumber shard, const std::vector<TestRecord>& records) {
  ChunkBuilder builder;
  for (const TestRecord& record : records) builder.add(record.key, as_bytes(record.data));
  auto count = builder.count();
  append(shards_.at(key_of(stream, shard)), count, builder.take());
}

void MemoryStreams::put(const std::string& stream, ShardNumber shard, std::uint32_t count, std::size_t data_size) {
  put(stream, shard, std::vector<TestRecord>(count, {"k", std::string(data_size, 'x')}));
}

void MemoryStreams::expire(const std::string& stream, ShardNumber shard, Position horizon) {
  Shard& stored = shards_.at(key_of(stream, shard));
  if (horizon.value > stored.end.value + 1) throw std::logic_error("horizon behind the end");
  stored.horizon = std::max(stored.horizon, horizon);
  while (!stored.chunks.empty() && stored.chunks.front()->last() < stored.horizon) stored.chunks.pop_front();
}

void MemoryStreams::put(const std::string& stream, const std::vector<TestRecord>& records) {
  std::map<ShardNumber, std::vector<TestRecord>> by_shard;
  StreamRef info = find(stream);
  for (const TestRecord& record : records) by_shard[info->route(hash_of(record.key)).number].push_back(record);
  for (const auto& [shard, some] : by_shard) put(stream, shard, some);
}

std::vector<TestRecord> MemoryStreams::records(const std::string& stream, ShardNumber shard) const {
  std::vector<TestRecord> all;
  for (const auto& chunk : shards_.at(key_of(stream, shard)).chunks) {
    for (Bytes rest = chunk->body.bytes(); !rest.empty();) {
      RecordView record = next_entry(rest);
      all.push_back({std::string(record.partition_key), std::string(as_text(record.data))});
    }
  }
  return all;
}

std::vector<TestRecord> MemoryStreams::records(const std::string& stream) const {
  std::vector<TestRecord> all;
  for (const ShardInfo& shard : find(stream)->shards) {
    for (TestRecord& record : records(stream, shard.number)) all.push_back(std::move(record));
  }
  return all;
}

Position MemoryStreams::checkpoint(const std::string& function, const std::string& stream,
                                   ShardNumber shard) const {
  auto trigger = triggers_.find({function, find(stream)->id});
  if (trigger == triggers_.end()) return {};
  auto checkpoint = trigger->second.checkpoints.find(key_of(stream, shard));
  return checkpoint == trigger->second.checkpoints.end() ? Position{} : checkpoint->second;
}

void MemoryStreams::append(Shard& shard, std::uint32_t count, ByteBuffer body) {
  auto chunk = std::make_shared<Chunk>();
  chunk->first = shard.end.plus(1);
  chunk->count = count;
  chunk->arrival = clock_.now();
  chunk->body = std::move(body);
  shard.chunks.push_back(std::move(chunk));
  shard.end = shard.end.plus(count);
  wake(shard);
}

void MemoryStreams::wake(Shard& shard) {
  std::vector<Waker> due;
  for (auto waker = shard.wakers.begin(); waker != shard.wakers.end();) {
    auto next = std::next(waker);
    if (shard.closed || shard.end > waker->after) {
      due.push_back(std::move(*waker));
      shard.wakers.erase(waker);
    }
    waker = next;
  }
  for (Waker& waker : due) waker.wake();
}

}  // namespace shardmill::test
