// Reads one shard through the Kinesis API, page by page.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/stream_api.h"

namespace shardmill::app {

struct StreamRecord {
  std::string shard;
  std::string sequence;
  std::string partition_key;
  WallTime arrival;
  std::string data;  // decoded
};

// Where reading starts.
struct ReadFrom {
  enum class Kind { oldest, newest, time, sequence } kind = Kind::oldest;
  WallTime time{};         // with `time`
  std::string sequence{};  // with `sequence`
};

// "start", "now", "90s" / "15m" / "2h" / "1d" (that long before `now`), an ISO time, or a sequence number.
Result<ReadFrom> parse_read_from(std::string_view text, WallTime now);

class ShardReader {
 public:
  static Result<ShardReader> open(Client& client, const std::string& stream, const std::string& shard,
                                  const ReadFrom& from);

  struct Page {
    std::vector<StreamRecord> records;
    std::int64_t behind_ms = 0;
    bool ended = false;  // the shard is closed and read to its end: there is no next page
  };
  // Does not wait for records: a page may be empty. `most` is 1 to 10,000.
  Result<Page> next(Client& client, std::uint32_t most = 10000);

  [[nodiscard]] const std::string& shard() const { return shard_; }

 private:
  ShardReader(std::string shard, std::string iterator) : shard_(std::move(shard)), iterator_(std::move(iterator)) {}

  std::string shard_;
  std::string iterator_;
};

}  // namespace shardmill::app
