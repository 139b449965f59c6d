#include "dispatch/request_id.h"

namespace shardmill::dispatch {

std::string new_request_id(Random& random) {
  std::uint64_t high = random.next();
  std::uint64_t low = random.next();
  high = (high & ~std::uint64_t{0xF000}) | 0x4000;
  low = (low & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id(36, '-');
  std::size_t at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
    std::uint64_t half = nibble < 16 ? high : low;
    id[at++] = kDigits[half >> (60 - 4 * (nibble % 16)) & 0xF];
  }
  return id;
}

std::string idempotency_key(ShardNumber shard, const SequencePrefix& prefix, Position first, Position last) {
  std::string key = shard_id(shard);
  std::size_t at = key.size();
  key.resize(at + 2 * (1 + kSequenceDigits));
  key[at] = ':';
  write_sequence(key.data() + at + 1, prefix, first);
  at += 1 + kSequenceDigits;
  key[at] = '-';
  write_sequence(key.data() + at + 1, prefix, last);
  return key;
}

}  // namespace shardmill::dispatch
