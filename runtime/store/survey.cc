#include "store/survey.h"

#include <optional>

#include "store/seal.h"

namespace shardmill::store {
namespace {

constexpr std::string_view kAll =
    "SELECT first, id FROM chunks WHERE shard=?1 ORDER BY first";  // from the index alone
constexpr std::string_view kOne =
    "SELECT first, count, arrival, previous, body_crc, seal, length(body) FROM chunks WHERE id=?1";

class Survey {
 public:
  Survey(Database& db, const ShardState& shard)
      : shard_(shard),
        blobs_(db.handle(), "chunks", "body"),
        expected_(shard.horizon().first),
        previous_(shard.horizon().seal) {}

  Result<void> look_at(Position first, std::int64_t id, Cursor row) {
    Result<bool> there = row.next();
    SealedFields fields;
    ByteBuffer body;
    Result<void> read;
    if (there && *there) {
      fields = {.shard = shard_.key,
                .count = row.as<std::uint32_t>(1),
                .first = {row.as<std::uint64_t>(0)},
                .arrival = {row.integer(2)},
                .previous = row.as<std::uint32_t>(3),
                .body_crc = row.as<std::uint32_t>(4)};
      if (row.integer(6) > 0) read = blobs_.read(id, body.extend(row.as<std::size_t>(6)));
    } else if (!there) {
      read = std::unexpected(there.error());
    }
    if (!read && read.error().code != Errc::corrupt) return read;
    bool links = !body.empty() && fields.first == expected_ && previous_;
    bool follows = !links || fields.previous == *previous_;
    bool sound = read && fields.count > 0 && fields.first == first && seal_of(fields) == row.as<std::uint32_t>(5) &&
                 crc32c(body.bytes()) == fields.body_crc &&
                 (body.empty() || well_formed(body.bytes(), fields.count));
    if (!sound || !follows || fields.first < expected_) {
      result_.damaged.push_back(id);
      previous_.reset();
      return {};
    }
    lose_before(fields.first);
    (body.empty() ? result_.accepted_losses : result_.records) += fields.count;
    expected_ = fields.last().plus(1);
    previous_ = body.empty() ? std::nullopt : std::optional(row.as<std::uint32_t>(5));
    return {};
  }

  SurveyResult finish(Position upto) {
    result_.end = {expected_.value - 1};
    lose_before(upto.plus(1));
    return std::move(result_);
  }

 private:
  void lose_before(Position next) {
    if (next > expected_) result_.lost.push_back({expected_, {next.value - 1}});
    expected_ = std::max(expected_, next);
  }

  const ShardState& shard_;
  BlobReader blobs_;
  Position expected_;
  std::optional<std::uint32_t> previous_;  // seal that the next chunk must link to; nothing: any
  SurveyResult result_;
};

}  // namespace

Result<SurveyResult> survey(Database& db, const ShardState& shard, Position upto) {
  Result<Statement> all = db.prepare(kAll);
  if (!all) return std::unexpected(all.error());
  Result<Statement> one = db.prepare(kOne);
  if (!one) return std::unexpected(one.error());
  Survey survey(db, shard);
  Cursor row = all->query(shard.key);
  for (;;) {
    Result<bool> more = row.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return survey.finish(upto);
    std::int64_t id = row.integer(1);
    Result<void> looked = survey.look_at({row.as<std::uint64_t>(0)}, id, one->query(id));
    if (!looked) return std::unexpected(looked.error());
  }
}

}  // namespace shardmill::store
