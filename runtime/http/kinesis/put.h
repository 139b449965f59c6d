// Records on their way from a request into the store: checked, routed to their shards, decoded into one chunk per
// shard, committed as one transaction.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "api/streams.h"
#include "api/task.h"
#include "http/kinesis/api.h"
#include "http/kinesis/errors.h"
#include "http/kinesis/put_parser.h"

namespace shardmill::http::kinesis {

inline constexpr std::size_t kMaxRequestBytes = 10 * 1024 * 1024;  // data and keys of all records of one call

// Where each record of a request went.
struct PutOutcome {
  static constexpr std::uint16_t kThrottled = 0xffff;

  StreamRef stream;                          // the shards below are of it
  std::vector<const ShardInfo*> shards;      // that got records
  std::vector<Position> firsts;              // of the records that each of them got
  std::vector<std::uint16_t> places;         // of each record: an index into `shards`, or kThrottled
  std::vector<const ShardInfo*> refused_by;  // of each throttled record, in order
};

// Whether every entry has a key of 1 to 256 characters at most and data of good size, told cheaply; false may be wrong.
[[nodiscard]] bool are_plainly_valid(std::span<const PutEntry> entries);

// Commits all entries but those over a shard's rate limit. `name` and `entries` live until the end. All data must be
// valid base64, or nothing is committed and the error is serialization.
Task<Outcome<PutOutcome>> put(Api& api, std::string_view name, std::span<const PutEntry> entries);

}  // namespace shardmill::http::kinesis
