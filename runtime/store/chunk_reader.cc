#include "store/chunk_reader.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace shardmill::store {
namespace {

// Headers come as these columns, in this order.
constexpr std::string_view kHolding =
    "SELECT first, count, arrival, previous, body_crc, seal, id, length(body) FROM chunks "
    "WHERE shard=?1 AND first<=?2 ORDER BY first DESC LIMIT 1";
constexpr std::string_view kOldest =
    "SELECT first, count, arrival, previous, body_crc, seal, id, length(body) FROM chunks "
    "WHERE shard=?1 AND first>=?2 ORDER BY first LIMIT 1";
constexpr std::string_view kBefore =
    "SELECT first, count, arrival, previous, body_crc, seal, id, length(body) FROM chunks "
    "WHERE shard=?1 AND first<?2 ORDER BY first DESC LIMIT 1";
// From the chunk that holds position ?2 on.
constexpr std::string_view kFrom =
    "SELECT first, count, arrival, previous, body_crc, seal, id, length(body), "
    "CASE WHEN length(body)<=?4 THEN body END FROM chunks "
    "WHERE shard=?1 AND first>=ifnull((SELECT max(first) FROM chunks WHERE shard=?1 AND first<=?2), ?2) "
    "AND first<=?3 ORDER BY first";

constexpr std::int64_t kSmallBody = 16384;  // bytes; read with its row, larger ones past SQLite's copy

ChunkReader::Header header_of(ShardKey shard, const Cursor& row) {
  return {{.shard = shard,
           .count = row.as<std::uint32_t>(1),
           .first = {row.as<std::uint64_t>(0)},
           .arrival = {row.integer(2)},
           .previous = row.as<std::uint32_t>(3),
           .body_crc = row.as<std::uint32_t>(4)},
          row.as<std::uint32_t>(5),
          row.integer(6),
          row.integer(7)};
}

// Of a damaged header nothing but the seal can be trusted, so `count` may be anything.
bool sound(const ChunkReader::Header& header) {
  return seal_of(header.fields) == header.seal && header.fields.count > 0;
}

std::unexpected<Error> damaged(const ShardState& shard, Position position, std::string_view what) {
  return fail(Errc::corrupt, fmt::format("{}: the stored records from position {} on are damaged: {}", shard.name(),
                                         position.value, what));
}

// What SQLite or the disk said to a read.
std::unexpected<Error> unread(const ShardState& shard, Position position, const Error& error) {
  if (error.code == Errc::corrupt) return damaged(shard, position, error.text);
  return fail(error.code, fmt::format("{}: the stored records from position {} on cannot be read: {}", shard.name(),
                                      position.value, error.text));
}

}  // namespace

Result<ChunkReader> ChunkReader::open(Database& db) {
  ChunkReader reader;
  reader.db_ = db.handle();
  struct {
    Statement& statement;
    std::string_view sql;
  } const kAll[] = {{reader.select_from_, kFrom},
                    {reader.select_before_, kBefore},
                    {reader.select_holding_, kHolding},
                    {reader.select_oldest_, kOldest}};
  for (const auto& [statement, sql] : kAll) {
    Result<Statement> prepared = db.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    statement = std::move(*prepared);
  }
  return reader;
}

Result<std::optional<ChunkReader::Header>> ChunkReader::one(const ShardState& shard, Statement& statement,
                                                            Position position) {
  auto limit = std::min<std::uint64_t>(position.value, std::numeric_limits<std::int64_t>::max());
  Cursor row = statement.query(shard.key, limit);
  Result<bool> there = row.next();
  if (!there) return unread(shard, position, there.error());
  if (!*there) return std::nullopt;
  Header header = header_of(shard.key, row);
  if (!sound(header)) return damaged(shard, header.fields.first, "checksum of the header");
  return header;
}

Result<std::optional<ChunkReader::Header>> ChunkReader::newest(const ShardState& shard) {
  return one(shard, select_holding_, {std::numeric_limits<std::uint64_t>::max()});
}

Result<std::optional<ChunkReader::Header>> ChunkReader::oldest(const ShardState& shard) {
  return one(shard, select_oldest_, {0});
}

// One pass over consecutive chunks: knows what must come next.
class ChunkReader::Scan {
 public:
  Scan(ChunkReader& reader, const ShardState& shard, Position end)
      : reader_(reader), shard_(shard), end_(end), blobs_(reader.db_, "chunks", "body") {}

  // The first row of the pass, which must hold `from`.
  Result<void> begin(const Header& header, Position from, const ShardState::Horizon& horizon) {
    const SealedFields& fields = header.fields;
    if (!sound(header)) return damaged(shard_, from, "checksum of the header");
    if (fields.first > from || fields.last() < from) return damaged(shard_, from, "they are not there");
    expected_ = fields.first;
    if (fields.first == horizon.first) {
      previous_ = horizon.seal;
      return {};
    }
    Result<std::optional<Header>> before = reader_.one(shard_, reader_.select_before_, fields.first);
    if (!before) return std::unexpected(before.error());
    if (!*before || (*before)->fields.last().plus(1) != fields.first) {
      return damaged(shard_, from, "the records before them are not there");
    }
    previous_ = link_after((*before)->fields, (*before)->seal);
    return {};
  }

  // Checks the row and takes its chunk; null for a substitute.
  Result<std::shared_ptr<const Chunk>> accept(const Cursor& row) {
    Header header = header_of(shard_.key, row);
    const SealedFields& fields = header.fields;
    if (fields.first != expected_) return damaged(shard_, expected_, "they are not there");
    if (!sound(header)) return damaged(shard_, expected_, "checksum of the header");
    bool substitute = row.integer(7) == 0;
    if (previous_ && !substitute && fields.previous != *previous_)
      return damaged(shard_, expected_, "they do not follow");
    if (fields.last() > end_) return damaged(shard_, expected_, "they overlap");
    previous_ = link_after(fields, header.seal);
    expected_ = fields.last().plus(1);
    auto chunk = std::make_shared<Chunk>();
    chunk->first = fields.first;
    chunk->count = fields.count;
    chunk->arrival = fields.arrival;
    if (Result<void> got = read_body(row, chunk->body); !got) return unread(shard_, fields.first, got.error());
    Bytes body = chunk->body.bytes();
    if (crc32c(body) != fields.body_crc || (substitute && fields.body_crc != 0))
      return damaged(shard_, fields.first, "checksum");
    if (substitute) return nullptr;
    if (!well_formed(body, fields.count)) return damaged(shard_, fields.first, "record sizes");
    return chunk;
  }

  [[nodiscard]] Position expected() const { return expected_; }

 private:
  Result<void> read_body(const Cursor& row, ByteBuffer& body) {
    if (!row.is_null(8)) {
      body.append(row.blob(8));
      return {};
    }
    return blobs_.read(row.integer(6), body.extend(row.as<std::size_t>(7)));
  }

  // A substitute for lost records (accept_loss.h) has no body: what comes after need not link to it.
  static std::optional<std::uint32_t> link_after(const SealedFields& fields, std::uint32_t seal) {
    return fields.body_crc == 0 ? std::nullopt : std::optional(seal);
  }

  ChunkReader& reader_;
  const ShardState& shard_;
  Position end_;
  BlobReader blobs_;
  Position expected_;
  std::optional<std::uint32_t> previous_;
};

Result<ReadResult> ChunkReader::read(const ShardState& shard, const ReadRequest& request) {
  for (;;) {
    if (Result<void> ok = shard.readable(); !ok) return std::unexpected(ok.error());
    ShardBounds bounds = shard.bounds();
    Position from = std::max(request.from, bounds.horizon);
    ReadResult result{.slices = {}, .next = from, .end = bounds.end, .shard_ended = false};
    if (from > bounds.end) {
      result.shard_ended = bounds.closed;
      return result;
    }
    ReadBudget budget(request);
    Scan scan(*this, shard, bounds.end);
    Cursor row = select_from_.query(shard.key, from.value, bounds.end.value, kSmallBody);
    bool first = true;
    bool moved = false;
    for (bool more = true; more && result.next <= bounds.end; first = false) {
      Result<bool> there = row.next();
      if (!there && !result.slices.empty()) break;  // the next read begins there
      if (!there) return unread(shard, result.next, there.error());
      // The statement has its snapshot now. The writer raises the horizon before the records below it vanish: all
      // from this horizon on are in the snapshot.
      ShardState::Horizon horizon = first ? shard.horizon() : ShardState::Horizon();
      if (first && horizon.first > from) {
        moved = true;
        break;
      }
      if (!*there) return damaged(shard, result.next, "they are not there");
      if (first) {
        Result<void> begun = scan.begin(header_of(shard.key, row), from, horizon);
        if (!begun) return std::unexpected(begun.error());
      }
      Result<std::shared_ptr<const Chunk>> chunk = scan.accept(row);
      if (!chunk) {
        if (result.slices.empty()) return std::unexpected(chunk.error());
        break;  // what is sound is delivered; the next read begins at the damage
      }
      if (*chunk == nullptr) {
        result.next = scan.expected();
      } else {
        more = take(*chunk, result.next, budget, result) && !budget.spent();
      }
    }
    if (moved) continue;
    result.shard_ended = bounds.closed && result.next > bounds.end;
    return result;
  }
}

Result<Position> ChunkReader::find(const ShardState& shard, WallTime time) {
  if (Result<void> ok = shard.readable(); !ok) return std::unexpected(ok.error());
  ShardBounds bounds = shard.bounds();
  // The answer lies in low..high.
  Position low = bounds.horizon;
  Position high = bounds.end.plus(1);
  while (low < high) {
    Position middle{low.value + (high.value - low.value) / 2};
    Result<std::optional<Header>> header = one(shard, select_holding_, middle);
    if (!header) return std::unexpected(header.error());
    if (!*header || (*header)->fields.last() < middle) {
      if (shard.bounds().horizon > low) {  // retention went by
        low = std::min(shard.bounds().horizon, high);
        continue;
      }
      return damaged(shard, middle, "they are not there");
    }
    const SealedFields& fields = (*header)->fields;
    if (fields.arrival >= time) {
      high = std::max(low, fields.first);
    } else {
      low = fields.last().plus(1);
    }
  }
  return low;
}

}  // namespace shardmill::store
