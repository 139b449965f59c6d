// Ids of invocations.
#pragma once

#include <string>

#include "api/chunk.h"
#include "api/clock.h"
#include "api/sequence.h"

namespace shardmill::dispatch {

// A random UUID (RFC 9562, version 4).
[[nodiscard]] std::string new_request_id(Random& random);

// "shardId-000000000003:FIRST-LAST" with the sequence numbers of a batch: the same for every attempt at these records,
// and different from that of any other records of any stream.
[[nodiscard]] std::string idempotency_key(ShardNumber shard, const SequencePrefix& prefix, Position first,
                                          Position last);

}  // namespace shardmill::dispatch
