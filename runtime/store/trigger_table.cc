#include "store/trigger_table.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

namespace shardmill::store {
namespace {

constexpr std::string_view kSelectTriggers =
    "SELECT key, function, stream, checkpoints, row_check=row_crc(key, function, stream, checkpoints) "
    "FROM triggers NOT INDEXED";
constexpr std::string_view kPutTrigger =
    "INSERT OR REPLACE INTO triggers VALUES(?1, ?2, ?3, ?4, row_crc(?1, ?2, ?3, ?4))";
constexpr std::string_view kDeleteTrigger = "DELETE FROM triggers WHERE key=?1";
constexpr std::string_view kSelectCheckpoints =
    "SELECT trigger_key, shard, position, row_check=row_crc(trigger_key, shard, position) FROM checkpoints";
constexpr std::string_view kPutCheckpoint =
    "INSERT OR REPLACE INTO checkpoints VALUES(?1, ?2, ?3, row_crc(?1, ?2, ?3))";
constexpr std::string_view kDeleteCheckpoint = "DELETE FROM checkpoints WHERE trigger_key=?1 AND shard=?2";
constexpr std::string_view kDeleteCheckpoints = "DELETE FROM checkpoints WHERE trigger_key=?1";

}  // namespace

Result<TriggerTable> TriggerTable::open(Database& db) {
  TriggerTable table;
  struct {
    Statement& statement;
    std::string_view sql;
  } const kAll[] = {{table.select_triggers_, kSelectTriggers},      {table.put_trigger_, kPutTrigger},
                    {table.delete_trigger_, kDeleteTrigger},        {table.select_checkpoints_, kSelectCheckpoints},
                    {table.put_checkpoint_, kPutCheckpoint},        {table.delete_checkpoint_, kDeleteCheckpoint},
                    {table.delete_checkpoints_, kDeleteCheckpoints}};
  for (const auto& [statement, sql] : kAll) {
    Result<Statement> prepared = db.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    statement = std::move(*prepared);
  }
  return table;
}

Result<void> TriggerTable::put(TriggerKey key, const std::string& function, StreamId stream,
                               std::size_t checkpoints) {
  return put_trigger_.run(key, function, stream, checkpoints);
}

Result<void> TriggerTable::load() {
  std::unordered_map<TriggerKey, std::size_t> wanted;  // checkpoints
  Cursor row = select_triggers_.query();
  for (;;) {
    Result<bool> more = row.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    Trigger trigger{std::string(row.text(1)), row.as<StreamId>(2), {}};
    if (row.integer(4) == 0) {
      return fail(Errc::corrupt, fmt::format("store: the trigger of function {} is damaged", trigger.function));
    }
    wanted.emplace(row.as<TriggerKey>(0), row.as<std::size_t>(3));
    keys_.emplace(std::pair(trigger.function, trigger.stream), row.as<TriggerKey>(0));
    triggers_.emplace(row.as<TriggerKey>(0), std::move(trigger));
  }
  Cursor checkpoint = select_checkpoints_.query();
  for (;;) {
    Result<bool> more = checkpoint.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    auto trigger = triggers_.find(checkpoint.as<TriggerKey>(0));
    if (checkpoint.integer(3) == 0 || trigger == triggers_.end()) {
      return fail(Errc::corrupt, fmt::format("store: the checkpoint of trigger {} in shard {} is damaged",
                                             checkpoint.integer(0), checkpoint.integer(1)));
    }
    trigger->second.checkpoints.emplace(checkpoint.as<ShardKey>(1), Position{checkpoint.as<std::uint64_t>(2)});
  }
  for (const auto& [key, trigger] : triggers_) {
    if (trigger.checkpoints.size() == wanted.at(key)) continue;
    return fail(Errc::corrupt, fmt::format("store: {} checkpoints of function {} found, {} wanted",
                                           trigger.checkpoints.size(), trigger.function, wanted.at(key)));
  }
  return {};
}

std::optional<TriggerKey> TriggerTable::find(const std::string& function, StreamId stream) const {
  auto at = keys_.find({function, stream});
  return at == keys_.end() ? std::nullopt : std::optional(at->second);
}

std::unordered_map<ShardKey, Position> TriggerTable::furthest() const {
  std::unordered_map<ShardKey, Position> furthest;
  for (const auto& [key, trigger] : triggers_) {
    for (const auto& [shard, position] : trigger.checkpoints) {
      Position& known = furthest[shard];
      known = std::max(known, position);
    }
  }
  return furthest;
}

TriggerState TriggerTable::state(TriggerKey trigger) const {
  const auto& checkpoints = triggers_.at(trigger).checkpoints;
  return {trigger, {checkpoints.begin(), checkpoints.end()}};
}

Result<void> TriggerTable::create(TriggerKey key, const std::string& function, StreamId stream,
                                  const std::map<ShardKey, Position>& checkpoints) {
  Result<void> done = put(key, function, stream, checkpoints.size());
  for (const auto& [shard, position] : checkpoints) {
    if (!done) return done;
    done = put_checkpoint_.run(key, shard, position.value);
  }
  if (!done) return done;
  undo_.push_back({key, std::nullopt, std::nullopt, std::nullopt});
  keys_.emplace(std::pair(function, stream), key);
  triggers_.emplace(key, Trigger{function, stream, {checkpoints.begin(), checkpoints.end()}});
  return {};
}

Result<void> TriggerTable::allowed(const CheckpointMove& move, const ShardState& shard) const {
  auto trigger = triggers_.find(move.trigger);
  if (trigger == triggers_.end()) {
    return fail(Errc::not_found, fmt::format("{}: no trigger with key {}: its stream was deleted", shard.name(),
                                             std::to_underlying(move.trigger)));
  }
  auto at = trigger->second.checkpoints.find(move.shard);
  Position now = at == trigger->second.checkpoints.end() ? Position{} : at->second;
  if (move.position < now) {
    return fail(Errc::invalid, fmt::format("{}: the checkpoint of function {} cannot move back from {} to {}",
                                           shard.name(), trigger->second.function, now.value, move.position.value));
  }
  if (move.position > shard.written.end) {
    return fail(Errc::invalid,
                fmt::format("{}: the checkpoint of function {} cannot move to {}, the shard ends at {}",
                            shard.name(), trigger->second.function, move.position.value, shard.written.end.value));
  }
  return {};
}

Result<void> TriggerTable::move(const CheckpointMove& move) {
  Result<void> done = put_checkpoint_.run(move.trigger, move.shard, move.position.value);
  if (!done) return done;
  Trigger& trigger = triggers_.at(move.trigger);
  auto [at, added] = trigger.checkpoints.try_emplace(move.shard, move.position);
  undo_.push_back({move.trigger, move.shard, std::nullopt, added ? std::nullopt : std::optional(at->second)});
  at->second = move.position;
  return added ? put(move.trigger, trigger.function, trigger.stream, trigger.checkpoints.size()) : Result<void>();
}

Result<void> TriggerTable::drop_shard(StreamId stream, ShardKey shard) {
  for (auto& [key, trigger] : triggers_) {
    auto at = trigger.checkpoints.find(shard);
    if (trigger.stream != stream || at == trigger.checkpoints.end()) continue;
    Result<void> done = delete_checkpoint_.run(key, shard);
    if (!done) return done;
    undo_.push_back({key, shard, std::nullopt, at->second});
    trigger.checkpoints.erase(at);
    done = put(key, trigger.function, trigger.stream, trigger.checkpoints.size());
    if (!done) return done;
  }
  return {};
}

Result<void> TriggerTable::drop_stream(StreamId stream) {
  for (auto at = triggers_.begin(); at != triggers_.end();) {
    if (at->second.stream != stream) {
      ++at;
      continue;
    }
    Result<void> done = delete_checkpoints_.run(at->first);
    if (done) done = delete_trigger_.run(at->first);
    if (!done) return done;
    keys_.erase({at->second.function, stream});
    undo_.push_back({at->first, std::nullopt, std::move(at->second), std::nullopt});
    at = triggers_.erase(at);
  }
  return {};
}

void TriggerTable::forget() {
  for (Undo& undo : undo_ | std::views::reverse) {
    if (undo.shard) {
      auto& checkpoints = triggers_.at(undo.trigger).checkpoints;
      if (undo.position) {
        checkpoints.insert_or_assign(*undo.shard, *undo.position);
      } else {
        checkpoints.erase(*undo.shard);
      }
    } else if (undo.before) {
      keys_.emplace(std::pair(undo.before->function, undo.before->stream), undo.trigger);
      triggers_.emplace(undo.trigger, std::move(*undo.before));
    } else {
      const Trigger& created = triggers_.at(undo.trigger);
      keys_.erase({created.function, created.stream});
      triggers_.erase(undo.trigger);
    }
  }
  undo_.clear();
}

}  // namespace shardmill::store
