#include "http/kinesis/reshard.h"

#include <fmt/format.h>

#include "http/kinesis/find.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis {
namespace {

struct Piece {
  ShardNumber shard{};
  HashRange range;
};

// The first key of the i-th of `count` even ranges, as the store cuts a new stream.
HashKey even_start(std::uint32_t i, std::uint32_t count) {
  if (count == 1) return 0;
  // floor(2^128 / count) without 129 bits.
  HashKey width = kMaxHashKey / count + (kMaxHashKey % count == count - 1 ? 1 : 0);
  return width * i;
}

class Planner {
 public:
  explicit Planner(const StreamInfo& stream) {
    for (std::uint32_t index : stream.open_by_hash) {
      pieces_.push_back({stream.shards[index].number, stream.shards[index].range});
    }
    // The newest shard is never forgotten, so the next number follows it.
    next_ = static_cast<std::uint32_t>(stream.shards.back().number) + 1;
  }

  // Splits where a new range starts inside a shard, from left to right.
  void cut(std::uint32_t target) {
    std::vector<Piece> cut;
    std::uint32_t i = 1;
    for (Piece piece : pieces_) {
      for (; i < target && even_start(i, target) <= piece.range.last; ++i) {
        HashKey start = even_start(i, target);
        if (start <= piece.range.first) continue;
        steps_.emplace_back(SplitAt{piece.shard, start});
        cut.push_back({ShardNumber{next_++}, {piece.range.first, start - 1}});
        piece = {ShardNumber{next_++}, {start, piece.range.last}};
      }
      cut.push_back(piece);
    }
    pieces_ = std::move(cut);
  }

  // Merges all pieces of each new range.
  void join(std::uint32_t target) {
    std::uint32_t i = 0;
    Piece whole;
    bool open = false;
    for (const Piece& piece : pieces_) {
      bool starts = i < target && piece.range.first == even_start(i, target);
      if (starts) ++i;
      if (starts || !open) {
        whole = piece;
        open = true;
      } else {
        steps_.emplace_back(MergeOf{whole.shard, piece.shard});
        whole = {ShardNumber{next_++}, {whole.range.first, piece.range.last}};
      }
    }
  }

  std::vector<ReshardStep> take() { return std::move(steps_); }

 private:
  std::vector<Piece> pieces_;
  std::vector<ReshardStep> steps_;
  std::uint32_t next_ = 0;
};

}  // namespace

std::vector<ReshardStep> plan_uniform(const StreamInfo& stream, std::uint32_t target) {
  Planner planner(stream);
  planner.cut(target);
  planner.join(target);
  return planner.take();
}

Task<Outcome<std::string>> reshard(Api& api, StreamRef stream, std::vector<ReshardStep> steps) {
  auto done = co_await reshard_stream_in(api, stream->name, std::move(steps));
  if (done) co_return std::string();
  switch (done.error().code) {
    // The request fitted the stream as it was a moment ago: another change came first.
    case Errc::invalid:
    case Errc::in_use:
      co_return stream_is_updating(api, stream->name);
    case Errc::not_found:
      co_return stream_missing(api, stream->name);
    case Errc::limit_exceeded:
      co_return error(ErrorType::limit_exceeded, done.error().text);
    default:
      co_return store_error(done.error());
  }
}

std::unexpected<ApiError> shard_is_closed(const Api& api, std::string_view stream, ShardNumber shard) {
  return error(
      ErrorType::invalid_argument,
      fmt::format("Shard {} has already been merged or split, and thus is not eligible for merging or splitting.",
                  shard_phrase(api, stream, shard)));
}

}  // namespace shardmill::http::kinesis
