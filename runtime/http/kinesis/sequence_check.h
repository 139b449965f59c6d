// Whether a sequence number that a client hands in is one of a shard. Pure rules.
#pragma once

#include <string_view>

#include "api/streams.h"

namespace shardmill::http::kinesis {

enum class SequenceFit {
  fits,          // of this shard
  other_shard,   // well-formed, but of another shard number
  other_stream,  // of this shard number, but of another stream or of an earlier one of the same name
  unknown_form,  // never given by this runtime
};

// `number` is all digits.
[[nodiscard]] SequenceFit check_sequence(std::string_view number, const StreamInfo& stream, const ShardInfo& shard);
// Whether the number can have been given for a record of the stream, by whatever shard.
[[nodiscard]] bool is_of_stream(std::string_view number, const StreamInfo& stream);
// The shard number in a well-formed sequence number.
[[nodiscard]] ShardNumber encoded_shard(std::string_view number);

}  // namespace shardmill::http::kinesis
