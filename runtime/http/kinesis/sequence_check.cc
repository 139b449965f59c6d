#include "http/kinesis/sequence_check.h"

#include <charconv>

namespace shardmill::http::kinesis {
namespace {

// Where the parts stand, see api/sequence.h.
constexpr std::size_t kShardAt = 18;
constexpr std::size_t kShardDigits = 12;
constexpr std::size_t kStreamAt = 30;
constexpr std::size_t kStreamDigits = 6;

bool is_well_formed(std::string_view number) {
  return number.size() == kSequenceDigits && number.starts_with("49");
}

std::string_view stream_digits(std::string_view number) {
  return number.substr(kStreamAt, kStreamDigits);
}

}  // namespace

ShardNumber encoded_shard(std::string_view number) {
  std::uint32_t shard = 0;
  std::from_chars(number.data() + kShardAt, number.data() + kShardAt + kShardDigits, shard);
  return ShardNumber{shard};
}

bool is_of_stream(std::string_view number, const StreamInfo& stream) {
  if (!is_well_formed(number) || stream.shards.empty()) return false;
  const ShardInfo& newest = stream.shards.back();
  std::string_view own(newest.prefix.data(), newest.prefix.size());
  return stream_digits(number) == stream_digits(own) && encoded_shard(number) <= newest.number;
}

SequenceFit check_sequence(std::string_view number, const StreamInfo& stream, const ShardInfo& shard) {
  if (position_of(number, shard.prefix)) return SequenceFit::fits;
  if (!is_well_formed(number)) return SequenceFit::unknown_form;
  if (encoded_shard(number) != shard.number && is_of_stream(number, stream)) return SequenceFit::other_shard;
  return SequenceFit::other_stream;
}

}  // namespace shardmill::http::kinesis
