#include "store/shard_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/slices.h"

namespace shardmill::store {

// ---- the tail of one shard -------------------------------------------------------------------------------------

void TailRing::pop_front() {
  chunks_[begin_].reset();
  ++begin_;
  if (begin_ < 16 || begin_ * 2 < chunks_.size()) return;
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  if (chunks_.empty()) chunks_.shrink_to_fit();
}

void TailRing::clear() {
  chunks_ = {};
  begin_ = 0;
}

std::span<const std::shared_ptr<const Chunk>> TailRing::all() const {
  return std::span(chunks_).subspan(begin_);
}

std::span<const std::shared_ptr<const Chunk>> TailRing::from(Position from) const {
  auto chunks = all();
  auto behind = std::upper_bound(chunks.begin(), chunks.end(), from,
                                 [](Position wanted, const auto& chunk) { return wanted < chunk->first; });
  return chunks.subspan(static_cast<std::size_t>(behind - chunks.begin()) - 1);
}

// ---- the shard -------------------------------------------------------------------------------------------------

std::string ShardState::name() const {
  return fmt::format("stream {}, {}", *stream, shard_id(number));
}

ShardBounds ShardState::bounds() const {
  std::lock_guard lock(mutex_);
  return {horizon_.first, end_, closed_};
}

std::optional<Refusal> ShardState::refusal() const {
  std::lock_guard lock(mutex_);
  return refusal_;
}

ShardState::Horizon ShardState::horizon() const {
  std::lock_guard lock(mutex_);
  return horizon_;
}

Result<void> ShardState::readable_locked() const {
  if (gone_) return fail(Errc::not_found, fmt::format("{} does not exist any more", name()));
  if (refusal_) {
    return fail(Errc::corrupt, fmt::format("{}: {}. The shard is neither read nor written until `shardmill store "
                                           "accept-loss` is run on it",
                                           name(), refusal_->why));
  }
  return {};
}

Result<void> ShardState::readable() const {
  std::lock_guard lock(mutex_);
  return readable_locked();
}

std::optional<Result<ReadResult>> ShardState::try_read(const ReadRequest& request) const {
  std::vector<std::shared_ptr<const Chunk>> chunks;
  ReadResult result;
  bool closed = false;
  {
    std::lock_guard lock(mutex_);
    if (Result<void> ok = readable_locked(); !ok) return std::unexpected(ok.error());
    result.end = end_;
    result.next = std::max(request.from, horizon_.first);
    closed = closed_;
    if (result.next <= end_) {
      if (tail_.empty() || result.next < tail_.front()->first) return std::nullopt;
      std::uint64_t records = 0;
      std::size_t bytes = 0;
      for (const auto& chunk : tail_.from(result.next)) {
        chunks.push_back(chunk);
        records += chunk->last().plus(1).value - std::max(chunk->first, result.next).value;
        bytes += chunk->first < result.next ? 0 : chunk->body.size() - chunk->count * sizeof(EntryHeader);
        if (records >= request.max_records || bytes >= request.max_bytes) break;
      }
    }
  }
  ReadBudget budget(request);
  for (const auto& chunk : chunks) {
    if (!take(chunk, result.next, budget, result)) break;
  }
  result.shard_ended = closed && result.next > result.end;
  return result;
}

std::optional<Result<Position>> ShardState::try_find(WallTime time) const {
  std::lock_guard lock(mutex_);
  if (Result<void> ok = readable_locked(); !ok) return std::unexpected(ok.error());
  if (horizon_.first > end_) return end_.plus(1);
  auto chunks = tail_.all();
  if (chunks.empty() || (chunks.front()->arrival >= time && chunks.front()->first > horizon_.first)) {
    return std::nullopt;
  }
  auto at = std::lower_bound(chunks.begin(), chunks.end(), time,
                             [](const auto& chunk, WallTime wanted) { return chunk->arrival < wanted; });
  return at == chunks.end() ? end_.plus(1) : std::max((*at)->first, horizon_.first);
}

void ShardState::publish(std::shared_ptr<const Chunk> chunk, bool keep_in_tail) {
  std::lock_guard lock(mutex_);
  end_ = chunk->last();
  if (keep_in_tail) {
    tail_.push(std::move(chunk));
  } else {
    tail_.clear();  // a hole in the tail would read as "nothing there"
  }
  wake_waiters();
}

void ShardState::publish_closed() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  wake_waiters();
}

void ShardState::publish_gone() {
  std::lock_guard lock(mutex_);
  gone_ = true;
  tail_.clear();
  wake_waiters();
}

void ShardState::set_horizon(Position horizon, std::uint32_t seal) {
  std::lock_guard lock(mutex_);
  horizon_ = {horizon, seal};
}

void ShardState::restore(Position horizon, std::uint32_t horizon_seal, Written durable, bool closed) {
  written = durable;
  committed = durable;
  open = !closed;
  std::lock_guard lock(mutex_);
  horizon_ = {horizon, horizon_seal};
  end_ = durable.end;
  closed_ = closed;
}

void ShardState::refuse(std::optional<Refusal> refusal) {
  std::lock_guard lock(mutex_);
  refusal_ = std::move(refusal);
}

void ShardState::drop_front(Position first) {
  std::lock_guard lock(mutex_);
  if (!tail_.empty() && tail_.front()->first == first) tail_.pop_front();
}

// ---- waiting ---------------------------------------------------------------------------------------------------

// Cancels by taking its waiter out of the list under the shard's mutex, under which waiters are called as well.
class ShardState::WaiterHandle : public Interface {
 public:
  WaiterHandle(std::shared_ptr<ShardState> shard, std::list<Waiter>::iterator at)
      : shard_(std::move(shard)), at_(at) {}
  ~WaiterHandle() override {
    std::lock_guard lock(shard_->mutex_);
    shard_->waiters_.erase(at_);
  }

 private:
  std::shared_ptr<ShardState> shard_;  // shared: outlives the shard's place in the catalogue
  std::list<Waiter>::iterator at_;
};

std::unique_ptr<Interface> ShardState::wake_when_after(Position after, std::move_only_function<void()> wake) {
  std::lock_guard lock(mutex_);
  if (over(after)) {
    wake();
    wake = nullptr;
  }
  waiters_.push_back({after, std::move(wake)});
  return std::make_unique<WaiterHandle>(shared_from_this(), std::prev(waiters_.end()));
}

void ShardState::wake_waiters() {
  for (Waiter& waiter : waiters_) {
    if (waiter.wake == nullptr || !over(waiter.after)) continue;
    waiter.wake();
    waiter.wake = nullptr;
  }
}

// ---- the table -------------------------------------------------------------------------------------------------

ShardRef ShardTable::find(ShardKey key) const {
  std::shared_lock lock(mutex_);
  auto at = shards_.find(key);
  return at == shards_.end() ? nullptr : at->second;
}

void ShardTable::add(std::span<const ShardRef> shards) {
  std::lock_guard lock(mutex_);
  for (const ShardRef& shard : shards) shards_.emplace(shard->key, shard);
}

ShardRef ShardTable::remove(ShardKey key) {
  std::lock_guard lock(mutex_);
  auto node = shards_.extract(key);
  return node.empty() ? nullptr : std::move(node.mapped());
}

}  // namespace shardmill::store
