#include "store/sweep.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace shardmill::store {
namespace {

constexpr std::string_view kSelectGarbage = "SELECT shard FROM garbage LIMIT 1";
constexpr std::string_view kForgetGarbage = "DELETE FROM garbage WHERE shard=?1";
constexpr std::string_view kSelectChunks =
    "SELECT id, length(body) FROM chunks WHERE shard=?1 ORDER BY first LIMIT ?2";
constexpr std::string_view kDeleteChunk = "DELETE FROM chunks WHERE id=?1";

constexpr std::int64_t kRowCost = 4096;  // bytes that removing a row costs however small it is, about

WallTime oldest_kept(const StreamInfo& stream, WallTime now) {
  auto retention = std::chrono::hours(stream.retention_hours);
  return {now.ms - std::chrono::duration_cast<std::chrono::milliseconds>(retention).count()};
}

}  // namespace

Result<std::unique_ptr<Sweep>> Sweep::open(Core& core) {
  std::unique_ptr<Sweep> sweep(new Sweep(core));
  struct {
    Statement& statement;
    std::string_view sql;
  } const kAll[] = {{sweep->select_garbage_, kSelectGarbage},
                    {sweep->forget_garbage_, kForgetGarbage},
                    {sweep->select_chunks_, kSelectChunks},
                    {sweep->delete_chunk_, kDeleteChunk}};
  for (const auto& [statement, sql] : kAll) {
    Result<Statement> prepared = core.db.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    statement = std::move(*prepared);
  }
  return sweep;
}

void Sweep::begin(Callback<Result<void>> done) {
  if (done) waiting_.push_back(std::move(done));
  core_.garbage = true;
  next_shard_ = {};
  streams_.clear();
  for (const StreamRef& stream : core_.catalog.list()) streams_.push_back(stream->name);
}

// ---- one step --------------------------------------------------------------------------------------------------

Result<bool> Sweep::write(Core&) {
  wrote_ = false;
  Budget budget;
  if (core_.garbage) {
    Result<void> done = sweep_garbage(budget);
    if (!done) return std::unexpected(done.error());
  }
  // The shards of one stream at most are dropped in one step: stream_ is whose.
  while (!budget.spent() && !streams_.empty() && dropped_.empty()) {
    stream_ = core_.catalog.find(streams_.back());
    if (stream_ == nullptr) {
      next_stream();
      continue;
    }
    Result<void> done = sweep_stream(*stream_, budget);
    if (!done) return std::unexpected(done.error());
  }
  return wrote_;
}

Result<void> Sweep::sweep_garbage(Budget& budget) {
  while (!budget.spent()) {
    ShardKey shard{};
    {
      Cursor row = select_garbage_.query();
      Result<bool> there = row.next();
      if (!there) return std::unexpected(there.error());
      core_.garbage = *there;
      if (!core_.garbage) return {};
      shard = row.as<ShardKey>(0);
    }
    if (ShardRef living = core_.shards.find(shard)) {
      core_.notice(fmt::format("{} is listed as deleted and is not: the list is damaged, the shard is kept",
                               living->name()));
      wrote_ = true;
      if (Result<void> done = forget_garbage_.run(shard); !done) return done;
      continue;
    }
    std::vector<std::int64_t> ids;
    {
      Cursor row = select_chunks_.query(shard, budget.rows);
      while (!budget.spent()) {
        Result<bool> more = row.next();
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        ids.push_back(row.integer(0));
        budget.bytes -= row.integer(1) + kRowCost;
        --budget.rows;
      }
    }
    wrote_ = true;
    for (std::int64_t id : ids) {
      if (Result<void> done = delete_chunk_.run(id); !done) return done;
    }
    if (!budget.spent()) {
      --budget.rows;
      if (Result<void> done = forget_garbage_.run(shard); !done) return done;
    }
  }
  return {};
}

Result<void> Sweep::sweep_stream(const StreamInfo& stream, Budget& budget) {
  WallTime kept = oldest_kept(stream, core_.clock.now());
  auto at = std::ranges::lower_bound(stream.shards, next_shard_, {}, &ShardInfo::number);
  for (; at != stream.shards.end(); ++at) {
    if (budget.spent()) return {};
    ShardRef shard = core_.shards.find(at->key);
    ShardBounds bounds = shard->bounds();
    if (bounds.horizon <= bounds.end && shard->oldest < kept) {
      Result<void> done = trim(stream, *at, shard, kept, budget);
      if (!done) return done;
      if (budget.spent()) return {};  // there may be more of it
      bounds = shard->bounds();
    }
    if (!at->is_open() && at->closed < kept && bounds.horizon > bounds.end) {
      if (Result<void> done = drop(stream, *at); !done) return done;
    }
    next_shard_ = ShardNumber{std::to_underlying(at->number) + 1};
  }
  next_stream();
  return {};
}

// Removes the chunks at the front that are older than `kept`, and moves the horizon behind them.
Result<void> Sweep::trim(const StreamInfo& stream, const ShardInfo& info, const ShardRef& shard, WallTime kept,
                         Budget& budget) {
  if (shard->refusal()) return {};
  ShardState::Horizon horizon = shard->horizon();
  Trimmed trimmed{shard, horizon, shard->oldest};
  bool removed = false;
  for (;;) {
    Result<std::optional<ChunkReader::Header>> oldest = core_.chunks.oldest(*shard);
    if (!oldest) {
      if (oldest.error().code != Errc::corrupt) return std::unexpected(oldest.error());
      core_.notice(oldest.error().text + "; it is not swept");  // its age cannot be trusted
      break;
    }
    shard->oldest = *oldest ? (*oldest)->fields.arrival : kept;
    if (!*oldest || shard->oldest >= kept || budget.spent()) break;
    if (Result<void> done = delete_chunk_.run((*oldest)->id); !done) return done;
    removed = true;
    horizon = {(*oldest)->fields.last().plus(1), (*oldest)->seal};
    budget.bytes -= (*oldest)->size + kRowCost;
    --budget.rows;
  }
  trimmed_.push_back(trimmed);
  if (!removed) return {};
  wrote_ = true;
  // Readers learn of it before the rows vanish: what they then do not find is below the horizon.
  shard->set_horizon(horizon.first, horizon.seal);
  return core_.rows.put_shard(stream.id, {info, horizon});
}

Result<void> Sweep::drop(const StreamInfo& stream, const ShardInfo& info) {
  wrote_ = true;
  dropped_.push_back(info.number);
  Result<void> done = core_.triggers.drop_shard(stream.id, info.key);
  if (done) done = core_.rows.drop_shard(info.key);
  if (done) {
    StreamRow row = core_.row_of(stream);
    row.shards -= dropped_.size();
    done = core_.rows.put_stream(row);
  }
  return done;
}

// ---- after the step --------------------------------------------------------------------------------------------

void Sweep::publish(Core&) {
  trimmed_.clear();
  if (!dropped_.empty()) {
    auto stream = std::make_shared<StreamInfo>(*stream_);
    std::erase_if(stream->shards,
                  [&](const ShardInfo& shard) { return std::ranges::binary_search(dropped_, shard.number); });
    index_open_shards(*stream);
    for (ShardNumber number : dropped_) {
      if (ShardRef state = core_.shards.remove(stream_->shard(number)->key)) state->publish_gone();
    }
    core_.catalog.put(std::move(stream));
    dropped_.clear();
    core_.garbage = true;
  }
  if (!under_way()) finish({});
}

void Sweep::refuse(Error error) {
  for (Trimmed& trimmed : trimmed_) {
    trimmed.shard->set_horizon(trimmed.before.first, trimmed.before.seal);
    trimmed.shard->oldest = trimmed.oldest_before;
  }
  trimmed_.clear();
  dropped_.clear();
  streams_.clear();
  core_.garbage = false;  // tried again with the next pass
  finish(std::unexpected(std::move(error)));
}

void Sweep::next_stream() {
  streams_.pop_back();
  next_shard_ = {};
}

void Sweep::finish(Result<void> outcome) {
  for (auto& done : waiting_) done(outcome);
  waiting_.clear();
}

}  // namespace shardmill::store
