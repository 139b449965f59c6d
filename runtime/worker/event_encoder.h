// Lays an invocation out in memory that a worker reads: ids, then the event in the format of the functions' boundary
// (shardmill_stream_batch). Pure, and one memcpy per run of records: this is the hot path of every batch.
#pragma once

#include <span>

#include "api/worker.h"
#include "worker/protocol.h"

namespace shardmill::worker {

// Fills `memory` (aligned to 8) and gives the places. Nonce and deadlines are the caller's. Fails with limit_exceeded
// if the event does not fit.
Result<InvokeFrame> encode_invocation(const Invocation& invocation, std::span<std::byte> memory);

}  // namespace shardmill::worker
