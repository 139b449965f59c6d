// Reads the event that AWS Lambda hands to functions for records of a Kinesis stream, so that test events and captured
// ones can be delivered as a batch of our own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/worker.h"
#include "base/result.h"

namespace shardmill::triggers::stream {

// A batch that owns its records.
struct BatchEvent {
  std::string stream;
  std::string stream_arn;
  ShardNumber shard{};
  SequencePrefix prefix{};
  std::vector<ChunkSlice> slices;
  std::uint32_t records = 0;
  // The event's sequence numbers were not those of one shard of ours (56 digits, the same first 36, rising): the
  // records got new ones, from 1.
  bool renumbered = false;

  // Borrows from this.
  [[nodiscard]] StreamEvent view() const { return {stream, stream_arn, shard, prefix, slices}; }
};

// Whether the text is meant to be such an event: JSON with a "Records" list whose first element has "kinesis".
[[nodiscard]] bool looks_like_batch_event(std::string_view text);

// Fails with invalid: all that is wrong, one problem per line, with the path in the event, what was found and what was
// wanted. `now` is the arrival of records that have none.
[[nodiscard]] Result<BatchEvent> parse_batch_event(std::string_view text, WallTime now);

}  // namespace shardmill::triggers::stream
