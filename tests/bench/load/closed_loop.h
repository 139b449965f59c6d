// As fast as the server answers: every connection sends its next request when the answer to the last one is in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "tests/bench/load/connection.h"

namespace shardmill::bench {

struct ClosedLoopResult {
  std::uint64_t requests = 0;
  double seconds = 0;
  std::vector<std::int64_t> answer_ns;  // of each request, from sending to the whole answer
};

// Sends `total` requests, taking them in turn from `requests`, over `connections` connections. Fails on the first
// answer that is not good, and when nothing at all happens for 60 s.
Result<ClosedLoopResult> run_closed_loop(const Target& target, const std::vector<std::string>& requests,
                                         std::uint64_t total, std::size_t connections);

}  // namespace shardmill::bench
