// MD5 (RFC 1321), for what the Kinesis protocol defines by it: partition key to hash key, ETags, KPL trailers.
// Never for security. Our own because it runs once per record: OpenSSL 3's one-shot call costs several times more
// on short keys.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace shardmill {

using Md5Digest = std::array<std::byte, 16>;

[[nodiscard]] Md5Digest md5(Bytes message);

// The digest of each message. Several times faster than one by one while messages stay below 56 bytes, as partition
// keys mostly do. `digests` has a place for each.
void md5_each(std::span<const Bytes> messages, std::span<Md5Digest> digests);

}  // namespace shardmill
