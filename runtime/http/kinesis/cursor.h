// What the sealed tokens hold: where a reader stands in a shard, and where a listing goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/ids.h"
#include "http/kinesis/token.h"

namespace shardmill::http::kinesis {

inline constexpr std::int64_t kTokenLifeMs = 300'000;

struct ShardCursor {
  StreamId stream{};
  ShardNumber shard{};
  Position next;     // the first position to read
  WallTime created;  // of the iterator
  std::string stream_name;
};
[[nodiscard]] std::string seal(const TokenSeal& seal, const ShardCursor& cursor);
[[nodiscard]] std::optional<ShardCursor> open_shard_cursor(const TokenSeal& seal, std::string_view text);

// The rest of a ListShards.
struct ShardPage {
  StreamId stream{};
  ShardNumber after{};
  WallTime created;
  std::uint8_t filter = 0;  // ShardFilterType
  WallTime filter_time;
  std::string stream_name;
};
[[nodiscard]] std::string seal(const TokenSeal& seal, const ShardPage& page);
[[nodiscard]] std::optional<ShardPage> open_shard_page(const TokenSeal& seal, std::string_view text);

// The rest of a ListStreams.
struct StreamPage {
  WallTime created;
  std::string after;  // stream name
};
[[nodiscard]] std::string seal(const TokenSeal& seal, const StreamPage& page);
[[nodiscard]] std::optional<StreamPage> open_stream_page(const TokenSeal& seal, std::string_view text);

}  // namespace shardmill::http::kinesis
