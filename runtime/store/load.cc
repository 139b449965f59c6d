#include "store/load.h"

#include <fmt/format.h>

#include "store/folder.h"
#include "store/log_vfs.h"
#include "store/schema.h"

namespace shardmill::store {
namespace {

constexpr const char* kSettings =
    "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; "
    "PRAGMA secure_delete=OFF; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY";

constexpr std::string_view kInsertChunk =
    "INSERT INTO chunks(shard, first, count, arrival, previous, body_crc, seal, body) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

// If the last run ended with a sync that failed, the kernel may show a log that is not on the disk, and no later sync
// would write it: what is appended to it would be lost with it. So it is written once more. A full disk does not keep
// the store closed.
Result<void> renew_log(Database& db) {
  Result<void> done = db.rewrite_log();
  return !done && done.error().code == Errc::full ? Result<void>() : done;
}

Result<Database> open_database(const std::string& path, const std::string& vfs) {
  Result<std::string> gathering = log_vfs(vfs);
  if (!gathering) return std::unexpected(gathering.error());
  Result<Database> db = Database::open(path, Database::Mode::write, *gathering);
  if (!db) return db;
  Result<void> done = add_row_crc(*db);
  if (done) done = migrate(*db);
  if (done) done = db->run(kSettings);
  if (done) done = renew_log(*db);
  if (!done) return std::unexpected(done.error());
  return db;
}

// The live state of one shard, from its row and its newest chunk.
Result<ShardRef> load_shard(Core& core, const ShardRow& row, const std::shared_ptr<const std::string>& stream) {
  auto shard = std::make_shared<ShardState>(row.info.key, row.info.number, stream);
  Result<std::optional<ChunkReader::Header>> newest = core.chunks.newest(*shard);
  Written written{{row.horizon.first.value - 1}, row.horizon.seal, row.info.created};
  if (!newest) {
    if (newest.error().code != Errc::corrupt) return std::unexpected(newest.error());
    shard->refuse(Refusal{{}, "its newest records are damaged"});
  } else if (*newest) {
    written = {(*newest)->fields.last(), (*newest)->seal, (*newest)->fields.arrival};
  }
  shard->restore(row.horizon.first, row.horizon.seal, written, !row.info.is_open());
  shard->oldest = row.info.created;
  return shard;
}

Result<void> load_stream(Core& core, StreamRow row) {
  Result<std::vector<ShardRow>> shards = core.rows.load_shards(row.info);
  if (!shards) return std::unexpected(shards.error());
  if (shards->size() != row.shards) {
    return fail(Errc::corrupt,
                fmt::format("stream {}: {} shards found, {} wanted", row.info.name, shards->size(), row.shards));
  }
  auto info = std::make_shared<StreamInfo>(std::move(row.info));
  auto name = std::make_shared<const std::string>(info->name);
  std::vector<ShardRef> states;
  states.reserve(shards->size());
  info->shards.reserve(shards->size());
  for (const ShardRow& shard : *shards) {
    Result<ShardRef> state = load_shard(core, shard, name);
    if (!state) return std::unexpected(state.error());
    states.push_back(*state);
    info->shards.push_back(shard.info);
  }
  index_open_shards(*info);
  core.shards.add(states);
  core.next_numbers[info->id] = row.next_number;
  core.catalog.load(std::move(info));
  return {};
}

// A database behind its marks has lost acknowledged changes of the catalogue.
Result<void> check_catalogue(Core& core, const LoadOptions& options) {
  std::uint64_t acknowledged = core.marks.get(kCatalogueMark);
  if (acknowledged <= core.counters.catalogue_version) {
    core.marks.raise(kCatalogueMark, core.counters.catalogue_version);
    return {};
  }
  std::uint64_t missing = acknowledged - core.counters.catalogue_version;
  if (!options.accept_catalogue_loss) {
    return fail(Errc::corrupt, fmt::format("the last {} acknowledged changes of streams, shards or triggers are "
                                           "missing. `shardmill store accept-loss DIR --catalogue` goes on without",
                                           missing));
  }
  // Keys that are free again must not meet the marks of shards that are lost.
  core.marks.clear_from(mark_of(ShardKey{core.counters.shard}));
  core.counters.catalogue_version = acknowledged;
  return core.rows.put_counters(core.counters);
}

// Compares each shard's end with all that says how far it had come. What is short is refused from now on.
void check_shards(Core& core, const LoadOptions& options) {
  std::unordered_map<ShardKey, Position> settled = core.triggers.furthest();
  for (const StreamRef& stream : core.catalog.list()) {
    for (const ShardInfo& info : stream->shards) {
      ShardRef shard = core.shards.find(info.key);
      Position end = shard->committed.end;
      Position known{core.marks.get(mark_of(info.key))};
      known = std::max(known, info.closed_at.value_or(Position{}));
      if (auto at = settled.find(info.key); at != settled.end()) known = std::max(known, at->second);
      if (std::optional<Refusal> refusal = shard->refusal()) {
        shard->refuse(Refusal{known, refusal->why});
      } else if (known > end) {
        shard->refuse(Refusal{known, fmt::format("{} acknowledged records are missing, positions {} to {}",
                                                 known.value - end.value, end.value + 1, known.value)});
      }
      if (Result<void> ok = shard->readable(); !ok) options.on_notice(ok.error().text);
      core.marks.raise(mark_of(info.key), known.value);
    }
  }
}

Result<void> load_all(Core& core, const LoadOptions& options) {
  Result<void> caught_up = check_catalogue(core, options);
  if (!caught_up) return caught_up;
  Result<std::vector<StreamRow>> streams = core.rows.load_streams();
  if (!streams) return std::unexpected(streams.error());
  for (StreamRow& stream : *streams) {
    Result<void> done = load_stream(core, std::move(stream));
    if (!done) return done;
  }
  Result<void> triggers = core.triggers.load();
  if (!triggers) return triggers;
  if (streams->size() != core.counters.streams || core.triggers.size() != core.counters.triggers) {
    return fail(Errc::corrupt, fmt::format("{} streams and {} triggers found, {} and {} wanted", streams->size(),
                                           core.triggers.size(), core.counters.streams, core.counters.triggers));
  }
  if (core.marks.is_new() && !core.catalog.list().empty()) {
    options.on_notice(
        "the file of marks was not there and was made anew: whether acknowledged records are missing "
        "from before this start cannot be told");
  }
  check_shards(core, options);
  return {};
}

}  // namespace

Result<std::unique_ptr<Core>> load_core(const LoadOptions& options) {
  Result<Database> db = open_database(options.database, options.vfs);
  if (!db) return std::unexpected(db.error());
  Result<CatalogRows> rows = CatalogRows::open(*db);
  if (!rows) return std::unexpected(rows.error());
  Result<TriggerTable> triggers = TriggerTable::open(*db);
  if (!triggers) return std::unexpected(triggers.error());
  Result<ChunkReader> chunks = ChunkReader::open(*db);
  if (!chunks) return std::unexpected(chunks.error());
  Result<Statement> insert_chunk = db->prepare(kInsertChunk);
  if (!insert_chunk) return std::unexpected(insert_chunk.error());
  Result<Counters> counters = rows->load_counters();
  if (!counters) return std::unexpected(counters.error());
  Result<Marks> marks = Marks::open(options.marks, mark_of(ShardKey{counters->shard}));
  if (!marks) return std::unexpected(marks.error());
  // SQLite does so for files that it makes. Those of a run that was killed before would never be synced.
  Result<void> synced = sync_folder(std::filesystem::path(options.database).parent_path());
  if (!synced) return std::unexpected(synced.error());
  std::unique_ptr<Core> core(new Core{.notice = options.on_notice,
                                      .clock = options.clock,
                                      .catalog = {},
                                      .shards = {},
                                      .db = std::move(*db),
                                      .rows = std::move(*rows),
                                      .triggers = std::move(*triggers),
                                      .chunks = std::move(*chunks),
                                      .insert_chunk = std::move(*insert_chunk),
                                      .tail = Tail(options.tail_bytes),
                                      .marks = std::move(*marks),
                                      .counters = *counters,
                                      .garbage = true,
                                      .next_numbers = {}});
  Result<void> loaded = load_all(*core, options);
  if (!loaded) return std::unexpected(loaded.error());
  return core;
}

}  // namespace shardmill::store
