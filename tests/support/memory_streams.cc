#include "support/memory_streams.h"

namespace shardmill::test {
namespace {

class OnEnd final : public Interface {
 public:
  explicit OnEnd(std::function<void()> run) : run_(std::move(run)) {}
  ~OnEnd() override { run_(); }

 private:
  std::function<void()> run_;
};

template <class T>
T take_front(std::deque<T>& queue) {
  T front = std::move(queue.front());
  queue.pop_front();
  return front;
}

// The part of `chunk` that a read from `from` returns, within what is left of the limits.
ChunkSlice cut(const std::shared_ptr<const Chunk>& chunk, Position from, std::uint32_t max_records,
               std::size_t& bytes_left, bool at_least_one) {
  Bytes entries = chunk->body.bytes();
  Position at = chunk->first;
  while (at < from) {
    next_entry(entries);
    at = at.plus(1);
  }
  ChunkSlice slice{chunk, at, 0, {}};
  Bytes rest = entries;
  while (!rest.empty() && slice.count < max_records) {
    Bytes after = rest;
    RecordView record = next_entry(after);
    std::size_t size = record.partition_key.size() + record.data.size();
    if (size > bytes_left && !(at_least_one && slice.count == 0)) break;
    bytes_left -= std::min(size, bytes_left);
    ++slice.count;
    rest = after;
  }
  slice.entries = entries.first(entries.size() - rest.size());
  return slice;
}

}  // namespace

// ---- what waits ------------------------------------------------------------------------------------------------

bool MemoryStreams::pump(std::uint64_t choice) {
  std::size_t commits = hold_commits || commits_.empty() ? 0 : 1;
  if (commits + others_.size() == 0) return false;
  std::size_t chosen = choice % (commits + others_.size());
  if (chosen < commits) {
    take_front(commits_)();
  } else {
    auto at = others_.begin() + static_cast<std::ptrdiff_t>(chosen - commits);
    Later what = std::move(*at);
    others_.erase(at);
    what();
  }
  return true;
}

std::size_t MemoryStreams::wakes_registered() const {
  std::size_t count = 0;
  for (const auto& [key, shard] : shards_) count += shard.wakers.size();
  return count;
}

// ---- StreamReader -----------------------------------------------------------------------------------------------

Result<ReadResult> MemoryStreams::read_now(const ReadRequest& request) const {
  auto found = shards_.find(request.shard);
  if (found == shards_.end()) return fail(Errc::not_found, "the shard does not exist");
  const Shard& shard = found->second;
  ReadResult result;
  result.end = shard.end;
  result.next = std::max(request.from, shard.horizon);
  std::uint32_t records_left = request.max_records;
  std::size_t bytes_left = request.max_bytes;
  for (const auto& chunk : shard.chunks) {
    if (chunk->last() < result.next || records_left == 0) continue;
    ChunkSlice slice = cut(chunk, result.next, records_left, bytes_left, result.slices.empty());
    if (slice.count == 0) break;
    bool whole = slice.last() == chunk->last();
    records_left -= slice.count;
    result.next = slice.last().plus(1);
    result.slices.push_back(std::move(slice));
    if (!whole) break;
  }
  result.shard_ended = shard.closed && result.next > shard.end;
  return result;
}

std::optional<Result<ReadResult>> MemoryStreams::try_read(const ReadRequest& request) {
  if (cold) return std::nullopt;
  return read_now(request);
}

void MemoryStreams::read(ReadRequest request, Callback<Result<ReadResult>> done) {
  later([this, request, done = std::move(done)]() mutable {
    if (!fail_reads.empty()) return done(std::unexpected(take_front(fail_reads)));
    done(read_now(request));
  });
}

Result<ShardBounds> MemoryStreams::bounds(ShardKey shard) {
  auto found = shards_.find(shard);
  if (found == shards_.end()) return fail(Errc::not_found, "the shard does not exist");
  return ShardBounds{found->second.horizon, found->second.end, found->second.closed};
}

Position MemoryStreams::find_now(const Shard& shard, WallTime time) const {
  for (const auto& chunk : shard.chunks) {
    if (chunk->arrival >= time) return std::max(chunk->first, shard.horizon);
  }
  return shard.end.plus(1);
}

void MemoryStreams::find(ShardKey shard, WallTime time, Callback<Result<Position>> done) {
  later([this, shard, time, done = std::move(done)]() mutable {
    auto found = shards_.find(shard);
    if (found == shards_.end()) return done(fail(Errc::not_found, "the shard does not exist"));
    done(find_now(found->second, time));
  });
}

std::unique_ptr<Interface> MemoryStreams::wake_when_after(ShardKey key, Position after,
                                                          std::move_only_function<void()> wake_up) {
  auto found = shards_.find(key);
  if (found == shards_.end() || found->second.closed || found->second.end > after) {
    wake_up();
    return std::make_unique<OnEnd>([] {});
  }
  auto token = std::make_shared<bool>(true);
  auto guarded = [token, wake_up = std::move(wake_up)]() mutable {
    if (*token) wake_up();
  };
  Shard& shard = found->second;
  shard.wakers.push_back({after, std::move(guarded)});
  auto mine = std::prev(shard.wakers.end());
  Waker* address = &*mine;
  return std::make_unique<OnEnd>([this, key, address, token] {
    *token = false;
    auto still = shards_.find(key);
    if (still != shards_.end())
      still->second.wakers.remove_if([&](const Waker& waker) { return &waker == address; });
  });
}

// ---- Committer --------------------------------------------------------------------------------------------------

void MemoryStreams::commit(Transaction& transaction, Callback<Result<Committed>> done) {
  commits_.push_back([this, &transaction, done = std::move(done)]() mutable {
    if (before_commit) before_commit();
    if (full) return done(fail(Errc::full, "no space left on device"));
    if (!fail_commits.empty()) return done(std::unexpected(take_front(fail_commits)));
    done(commit_now(transaction));
  });
}

Result<void> MemoryStreams::check(const Transaction& transaction) const {
  for (const Append& append : transaction.appends) {
    auto shard = shards_.find(append.shard);
    if (shard == shards_.end() || shard->second.closed) return fail(Errc::shard_closed, "the shard is closed");
  }
  for (const CheckpointMove& move : transaction.checkpoints) {
    if (!shards_.contains(move.shard)) return fail(Errc::not_found, "the shard does not exist");
    for (const auto& [spec, trigger] : triggers_) {
      auto before = trigger.checkpoints.find(move.shard);
      if (trigger.key == move.trigger && before != trigger.checkpoints.end() && move.position < before->second) {
        return fail(Errc::invalid, "a checkpoint would move backwards");
      }
    }
  }
  return {};
}

Result<Committed> MemoryStreams::commit_now(Transaction& transaction) {
  if (Result<void> allowed = check(transaction); !allowed) return std::unexpected(allowed.error());
  Committed committed;
  for (Append& appended : transaction.appends) {
    Shard& shard = shards_.at(appended.shard);
    committed.firsts.push_back(shard.end.plus(1));
    append(shard, appended.count, std::move(appended.body));
  }
  for (const CheckpointMove& move : transaction.checkpoints) {
    for (auto& [spec, trigger] : triggers_) {
      if (trigger.key == move.trigger) trigger.checkpoints[move.shard] = move.position;
    }
  }
  ++commits_done_;
  return committed;
}

// ---- Catalogue --------------------------------------------------------------------------------------------------

StreamRef MemoryStreams::find(std::string_view name) const {
  auto stream = streams_.find(name);
  return stream == streams_.end() ? nullptr : stream->second;
}

std::vector<StreamRef> MemoryStreams::list() const {
  std::vector<StreamRef> all;
  for (const auto& [name, stream] : streams_) all.push_back(stream);
  return all;
}

void MemoryStreams::create(NewStream stream, Callback<Result<StreamRef>> done) {
  later([this, stream = std::move(stream), done = std::move(done)]() mutable {
    if (find(stream.name)) return done(fail(Errc::exists, "the stream exists"));
    done(create_now(stream.name, stream.shards));
  });
}

void MemoryStreams::remove(std::string name, Callback<Result<void>> done) {
  later([this, name = std::move(name), done = std::move(done)]() mutable {
    if (!find(name)) return done(fail(Errc::not_found, "no such stream"));
    remove_now(name);
    done({});
  });
}

void MemoryStreams::change(std::string name, StreamChange change, Callback<Result<StreamRef>> done) {
  later([this, name = std::move(name), change = std::move(change), done = std::move(done)]() mutable {
    StreamRef before = find(name);
    if (!before) return done(fail(Errc::not_found, "no such stream"));
    StreamInfo stream = *before;
    stream.retention_hours = change.retention_hours.value_or(stream.retention_hours);
    publish(std::move(stream));
    done(find(name));
  });
}

void MemoryStreams::reshard(std::string name, std::vector<std::variant<SplitAt, MergeOf>> steps,
                            Callback<Result<StreamRef>> done) {
  later([this, name = std::move(name), steps = std::move(steps), done = std::move(done)]() mutable {
    if (!find(name)) return done(fail(Errc::not_found, "no such stream"));
    for (const auto& step : steps) {
      if (const auto* split = std::get_if<SplitAt>(&step)) split_now(name, split->shard);
      if (const auto* merge = std::get_if<MergeOf>(&step)) merge_now(name, merge->first, merge->second);
    }
    done(find(name));
  });
}

std::unique_ptr<Interface> MemoryStreams::on_change(std::function<void(const std::string& name)> changed) {
  watchers_.push_back(std::move(changed));
  return std::make_unique<OnEnd>([this, mine = std::prev(watchers_.end())] { watchers_.erase(mine); });
}

// ---- TriggerRegistry --------------------------------------------------------------------------------------------

void MemoryStreams::open_trigger(TriggerSpec spec, Callback<Result<TriggerState>> done) {
  later([this, spec = std::move(spec), done = std::move(done)]() mutable {
    if (!fail_opens.empty()) return done(std::unexpected(take_front(fail_opens)));
    for (const auto& [name, stream] : streams_) {
      if (stream->id == spec.stream) return done(open_now(spec, *stream));
    }
    done(fail(Errc::not_found, "no such stream"));
  });
}

TriggerState MemoryStreams::open_now(const TriggerSpec& spec, const StreamInfo& stream) {
  auto [found, is_new] = triggers_.try_emplace({spec.function, spec.stream});
  Trigger& trigger = found->second;
  if (is_new) {
    trigger.key = TriggerKey{next_trigger_++};
    for (const ShardInfo& info : stream.shards) {
      const Shard& shard = shards_.at(info.key);
      Position next = spec.start == StartingPosition::trim_horizon ? shard.horizon
                      : spec.start == StartingPosition::latest     ? shard.end.plus(1)
                                                                   : find_now(shard, spec.start_time);
      trigger.checkpoints[info.key] = Position{next.value - 1};
    }
  }
  return {trigger.key, trigger.checkpoints};
}

}  // namespace shardmill::test
