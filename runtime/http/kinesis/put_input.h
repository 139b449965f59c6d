// A record to put, from a request that came the long way.
#pragma once

#include "http/kinesis/errors.h"
#include "http/kinesis/input.h"
#include "http/kinesis/put_parser.h"

namespace shardmill::http::kinesis {

// Views live as long as the request's JSON. Fails for an ExplicitHashKey beyond 2^128 - 1.
[[nodiscard]] Outcome<PutEntry> put_entry(const Input& record);

}  // namespace shardmill::http::kinesis
