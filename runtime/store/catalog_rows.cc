#include "store/catalog_rows.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace shardmill::store {
namespace {

constexpr std::string_view kSelectCounters = "SELECT name, value, row_check=row_crc(name, value) FROM meta";
constexpr std::string_view kPutCounter = "INSERT OR REPLACE INTO meta VALUES(?1, ?2, row_crc(?1, ?2))";

// Scans of the tables themselves: an entry missing from an index must not hide a row.
constexpr std::string_view kSelectStreams =
    "SELECT id, name, mode, created, retention_hours, next_number, shards, enforce_limits, tags, "
    "row_check=row_crc(id, name, mode, created, retention_hours, next_number, shards, enforce_limits, tags) "
    "FROM streams NOT INDEXED";
constexpr std::string_view kPutStream =
    "INSERT OR REPLACE INTO streams(id, name, mode, created, retention_hours, next_number, shards, enforce_limits, "
    "tags, row_check) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, row_crc(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9))";
constexpr std::string_view kDeleteStream = "DELETE FROM streams WHERE id=?1";

constexpr std::string_view kSelectTags =
    "SELECT name, value, row_check=row_crc(stream, name, value) FROM tags WHERE stream=?1";
constexpr std::string_view kPutTag = "INSERT INTO tags VALUES(?1, ?2, ?3, row_crc(?1, ?2, ?3))";
constexpr std::string_view kDeleteTags = "DELETE FROM tags WHERE stream=?1";

constexpr std::string_view kSelectShards =
    "SELECT key, number, range_first, range_last, created_us, parent, adjacent_parent, closed_at, closed_ms, "
    "horizon, "
    "horizon_crc, row_check=row_crc(key, stream, number, range_first, range_last, created_us, parent, "
    "adjacent_parent, closed_at, closed_ms, horizon, horizon_crc) "
    "FROM shards WHERE stream=?1 ORDER BY number";
constexpr std::string_view kPutShard =
    "INSERT OR REPLACE INTO shards VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
    "row_crc(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12))";
constexpr std::string_view kDeleteShard = "DELETE FROM shards WHERE key=?1";
constexpr std::string_view kPutGarbage = "INSERT INTO garbage VALUES(?1)";

std::array<std::byte, 16> to_blob(HashKey key) {
  std::array<std::byte, 16> bytes;
  for (std::size_t i = 16; i-- > 0; key >>= 8) bytes[i] = static_cast<std::byte>(static_cast<std::uint8_t>(key));
  return bytes;
}

HashKey from_blob(Bytes bytes) {
  HashKey key = 0;
  for (std::byte b : bytes) key = key << 8 | static_cast<std::uint8_t>(b);
  return key;
}

struct NamedCounter {
  std::string_view name;
  std::uint64_t (*get)(const Counters& counters);
  void (*set)(Counters& counters, std::uint64_t value);

  // True if the row is this counter's.
  bool load(const Cursor& row, Counters& counters) const {
    if (row.text(0) != name) return false;
    set(counters, row.as<std::uint64_t>(1));
    return true;
  }
};

template <auto Member>
constexpr NamedCounter counter(std::string_view name) {
  return {name, [](const Counters& counters) -> std::uint64_t { return counters.*Member; },
          [](Counters& counters, std::uint64_t value) {
            counters.*Member = static_cast<std::remove_reference_t<decltype(counters.*Member)>>(value);
          }};
}

constexpr std::array kCounters = {
    counter<&Counters::stream>("next_stream"),   counter<&Counters::shard>("next_shard"),
    counter<&Counters::trigger>("next_trigger"), counter<&Counters::streams>("streams"),
    counter<&Counters::triggers>("triggers"),    counter<&Counters::catalogue_version>("catalogue_version")};

template <class T>
std::optional<T> optional_as(const Cursor& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional<T>(row.as<T>(column));
}

ShardRow shard_of(StreamId stream, const Cursor& row) {
  ShardRow shard;
  shard.info.key = row.as<ShardKey>(0);
  shard.info.number = row.as<ShardNumber>(1);
  shard.info.range = {from_blob(row.blob(2)), from_blob(row.blob(3))};
  std::int64_t created = row.integer(4);
  shard.info.prefix = sequence_prefix(created, shard.info.number, stream);
  shard.info.created = {created / 1000};
  shard.info.parent = optional_as<ShardNumber>(row, 5);
  shard.info.adjacent_parent = optional_as<ShardNumber>(row, 6);
  if (!row.is_null(7)) shard.info.closed_at = Position{row.as<std::uint64_t>(7)};
  shard.info.closed = {row.integer(8)};
  shard.horizon = {{row.as<std::uint64_t>(9)}, row.as<std::uint32_t>(10)};
  return shard;
}

}  // namespace

std::int64_t created_us(const SequencePrefix& prefix) {
  std::int64_t us = 0;
  std::from_chars(prefix.data() + 2, prefix.data() + 18, us);
  return us;
}

Result<CatalogRows> CatalogRows::open(Database& db) {
  CatalogRows rows;
  struct {
    Statement& statement;
    std::string_view sql;
  } const kAll[] = {{rows.select_counters_, kSelectCounters},
                    {rows.put_counter_, kPutCounter},
                    {rows.select_streams_, kSelectStreams},
                    {rows.put_stream_, kPutStream},
                    {rows.delete_stream_, kDeleteStream},
                    {rows.select_tags_, kSelectTags},
                    {rows.put_tag_, kPutTag},
                    {rows.delete_tags_, kDeleteTags},
                    {rows.select_shards_, kSelectShards},
                    {rows.put_shard_, kPutShard},
                    {rows.delete_shard_, kDeleteShard},
                    {rows.put_garbage_, kPutGarbage}};
  for (const auto& [statement, sql] : kAll) {
    Result<Statement> prepared = db.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    statement = std::move(*prepared);
  }
  return rows;
}

Result<Counters> CatalogRows::load_counters() {
  Counters counters;
  std::size_t known = 0;
  Cursor row = select_counters_.query();
  for (;;) {
    Result<bool> more = row.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (row.integer(2) == 0) return fail(Errc::corrupt, fmt::format("store: counter {} is damaged", row.text(0)));
    for (const NamedCounter& counter : kCounters) known += counter.load(row, counters) ? 1 : 0;
  }
  if (known != kCounters.size()) {
    return fail(Errc::corrupt, fmt::format("store: {} counters found, {} wanted", known, kCounters.size()));
  }
  return counters;
}

Result<void> CatalogRows::put_counters(const Counters& counters) {
  for (const NamedCounter& counter : kCounters) {
    Result<void> done = put_counter_.run(counter.name, counter.get(counters));
    if (!done) return done;
  }
  return {};
}

Result<std::vector<StreamRow>> CatalogRows::load_streams() {
  std::vector<StreamRow> streams;
  Cursor row = select_streams_.query();
  for (;;) {
    Result<bool> more = row.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    StreamRow& stream = streams.emplace_back();
    stream.info.id = row.as<StreamId>(0);
    stream.info.name = row.text(1);
    stream.info.mode = row.as<StreamMode>(2);
    stream.info.created = {row.integer(3)};
    stream.info.retention_hours = row.as<std::uint32_t>(4);
    stream.next_number = row.as<std::uint32_t>(5);
    stream.shards = row.as<std::size_t>(6);
    stream.info.enforce_limits = row.integer(7) != 0;
    stream.tags = row.as<std::size_t>(8);
    if (row.integer(9) == 0) {
      return fail(Errc::corrupt, fmt::format("stream {}: its description is damaged", stream.info.name));
    }
    Cursor tag = select_tags_.query(stream.info.id);
    for (;;) {
      Result<bool> another = tag.next();
      if (!another) return std::unexpected(another.error());
      if (!*another) break;
      if (tag.integer(2) == 0)
        return fail(Errc::corrupt, fmt::format("stream {}: a tag is damaged", stream.info.name));
      stream.info.tags.emplace(tag.text(0), tag.text(1));
    }
    if (stream.info.tags.size() != stream.tags) {
      return fail(Errc::corrupt, fmt::format("stream {}: {} tags found, {} wanted", stream.info.name,
                                             stream.info.tags.size(), stream.tags));
    }
  }
  return streams;
}

Result<std::vector<ShardRow>> CatalogRows::load_shards(const StreamInfo& stream) {
  std::vector<ShardRow> shards;
  Cursor row = select_shards_.query(stream.id);
  for (;;) {
    Result<bool> more = row.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return shards;
    shards.push_back(shard_of(stream.id, row));
    if (row.integer(11) == 0) {
      return fail(Errc::corrupt, fmt::format("stream {}, {}: its description is damaged", stream.name,
                                             shard_id(shards.back().info.number)));
    }
  }
}

Result<void> CatalogRows::put_stream(const StreamRow& stream) {
  const StreamInfo& info = stream.info;
  Result<void> done = put_stream_.run(info.id, info.name, info.mode, info.created.ms, info.retention_hours,
                                      stream.next_number, stream.shards, info.enforce_limits, info.tags.size());
  if (done) done = delete_tags_.run(info.id);
  for (const auto& [name, value] : info.tags) {
    if (done) done = put_tag_.run(info.id, name, value);
  }
  return done;
}

Result<void> CatalogRows::put_shard(StreamId stream, const ShardRow& shard) {
  const ShardInfo& info = shard.info;
  std::array<std::byte, 16> range_first = to_blob(info.range.first);
  std::array<std::byte, 16> range_last = to_blob(info.range.last);
  auto closed_at = info.closed_at ? std::optional(info.closed_at->value) : std::nullopt;
  auto closed_ms = info.closed_at ? std::optional(info.closed.ms) : std::nullopt;
  return put_shard_.run(info.key, stream, info.number, Bytes(range_first), Bytes(range_last),
                        created_us(info.prefix), info.parent, info.adjacent_parent, closed_at, closed_ms,
                        shard.horizon.first.value, shard.horizon.seal);
}

Result<void> CatalogRows::drop_shard(ShardKey shard) {
  Result<void> done = delete_shard_.run(shard);
  if (done) done = put_garbage_.run(shard);
  return done;
}

Result<void> CatalogRows::drop_stream(StreamId stream) {
  Result<void> done = delete_tags_.run(stream);
  if (done) done = delete_stream_.run(stream);
  return done;
}

}  // namespace shardmill::store
