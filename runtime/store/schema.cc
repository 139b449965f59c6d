#include "store/schema.h"

#include <fmt/format.h>

#include "base/crc32c.h"

namespace shardmill::store {
namespace {

// Measured on 500-record chunks and on single records (docs/store.md): large enough that a chunk is few pages, small
// enough that a single record does not write much more than itself.
constexpr int kPageSize = 4096;

constexpr const char* kVersion1 = R"(
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL,
  row_check INTEGER NOT NULL
) WITHOUT ROWID;
-- Counters and counts. The counts show rows that are gone from a damaged table.
INSERT INTO meta VALUES
  ('streams', 0, row_crc('streams', 0)),
  ('triggers', 0, row_crc('triggers', 0)),
  ('next_stream', 1, row_crc('next_stream', 1)),
  ('next_shard', 1, row_crc('next_shard', 1)),
  ('next_trigger', 1, row_crc('next_trigger', 1)),
  ('catalogue_version', 0, row_crc('catalogue_version', 0));

CREATE TABLE streams(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  mode INTEGER NOT NULL,
  created INTEGER NOT NULL,          -- ms since 1970
  retention_hours INTEGER NOT NULL,
  next_number INTEGER NOT NULL,      -- of the next shard that is made
  shards INTEGER NOT NULL,           -- rows in shards
  row_check INTEGER NOT NULL
);

CREATE TABLE shards(
  key INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL,
  number INTEGER NOT NULL,
  range_first BLOB NOT NULL,         -- 16 bytes, big-endian
  range_last BLOB NOT NULL,
  created_us INTEGER NOT NULL,       -- microseconds since 1970: the sequence prefix is made of it
  parent INTEGER,                    -- shard numbers
  adjacent_parent INTEGER,
  closed_at INTEGER,                 -- last position of a closed shard
  closed_ms INTEGER,
  horizon INTEGER NOT NULL,          -- first position that retention has left
  horizon_crc INTEGER NOT NULL,      -- seal of the last chunk that retention removed: the chain goes on from it
  row_check INTEGER NOT NULL
);
CREATE UNIQUE INDEX shards_of_stream ON shards(stream, number);

-- In the order of the appends, so that inserts go to the end of the file. An empty body stands for records that
-- were lost and whose loss was accepted.
CREATE TABLE chunks(
  id INTEGER PRIMARY KEY,
  shard INTEGER NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  arrival INTEGER NOT NULL,
  previous INTEGER NOT NULL,         -- seal of the chunk before
  body_crc INTEGER NOT NULL,
  seal INTEGER NOT NULL,             -- seal.h
  body BLOB NOT NULL
);
CREATE UNIQUE INDEX chunks_of_shard ON chunks(shard, first);

CREATE TABLE triggers(
  key INTEGER PRIMARY KEY,
  function TEXT NOT NULL,
  stream INTEGER NOT NULL,
  checkpoints INTEGER NOT NULL,      -- rows in checkpoints
  row_check INTEGER NOT NULL,
  UNIQUE(function, stream)
);
CREATE TABLE checkpoints(
  trigger_key INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  position INTEGER NOT NULL,
  row_check INTEGER NOT NULL,
  PRIMARY KEY(trigger_key, shard)
) WITHOUT ROWID;

-- Shards that are gone for everyone, whose chunks are still to be swept.
CREATE TABLE garbage(shard INTEGER PRIMARY KEY);
)";

constexpr const char* kVersion2 = R"(
ALTER TABLE streams ADD COLUMN enforce_limits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN tags INTEGER NOT NULL DEFAULT 0;  -- rows in tags
UPDATE streams SET row_check =
  row_crc(id, name, mode, created, retention_hours, next_number, shards, enforce_limits, tags);
CREATE TABLE tags(
  stream INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  row_check INTEGER NOT NULL,
  PRIMARY KEY(stream, name)
) WITHOUT ROWID;
)";

void row_crc(sqlite3_context* context, int count, sqlite3_value** values) {
  std::uint32_t crc = 0;
  for (int i = 0; i < count; ++i) {
    int type = sqlite3_value_type(values[i]);
    auto tag = static_cast<std::byte>(type);
    crc = crc32c({&tag, 1}, crc);
    if (type == SQLITE_INTEGER) {
      std::int64_t value = sqlite3_value_int64(values[i]);
      crc = crc32c(std::as_bytes(std::span(&value, 1)), crc);
    } else if (type != SQLITE_NULL) {
      const auto* data = static_cast<const std::byte*>(sqlite3_value_blob(values[i]));
      auto size = static_cast<std::uint32_t>(sqlite3_value_bytes(values[i]));
      crc = crc32c(std::as_bytes(std::span(&size, 1)), crc);
      if (size > 0) crc = crc32c({data, size}, crc);
    }
  }
  sqlite3_result_int64(context, crc);
}

Result<std::int64_t> version_of(Database& db) {
  Result<std::optional<std::int64_t>> version = db.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  return version->value_or(0);
}

Result<void> step(Database& db, const Migration& migration) {
  Result<void> done =
      db.run(fmt::format("BEGIN IMMEDIATE;{};PRAGMA user_version={};COMMIT", migration.sql, migration.version));
  if (!done && db.in_transaction()) static_cast<void>(db.run("ROLLBACK"));
  return done;
}

}  // namespace

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> kAll = {{1, kVersion1}, {2, kVersion2}};
  return kAll;
}

Result<void> add_row_crc(Database& db) {
  int rc =
      sqlite3_create_function_v2(db.handle(), "row_crc", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                 nullptr, &row_crc, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return std::unexpected(db.error("row_crc"));
  return {};
}

Result<void> migrate(Database& db, std::int64_t wanted) {
  Result<std::int64_t> found = version_of(db);
  if (!found) return std::unexpected(found.error());
  if (*found > wanted) {
    return fail(Errc::invalid,
                fmt::format("the store has schema version {}, this shardmill knows versions up to {}: "
                            "use a newer shardmill",
                            *found, wanted));
  }
  if (*found == 0) {
    Result<void> sized = db.run(fmt::format("PRAGMA page_size={};PRAGMA auto_vacuum=NONE", kPageSize));
    if (!sized) return sized;
  }
  Result<void> wal = db.run("PRAGMA journal_mode=WAL");
  if (!wal) return wal;
  for (const Migration& migration : migrations()) {
    if (migration.version <= *found || migration.version > wanted) continue;
    Result<void> done = step(db, migration);
    if (!done) return done;
  }
  return {};
}

}  // namespace shardmill::store
