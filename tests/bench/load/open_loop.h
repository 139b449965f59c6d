// At a fixed rate, evenly spaced, whatever the server does: a slow answer does not delay the next request.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "tests/bench/load/connection.h"
#include "tests/bench/load/requests.h"

namespace shardmill::bench {

struct OpenLoopResult {
  std::uint64_t requests = 0;
  double seconds = 0;
  std::vector<std::int64_t>
      late_ns;  // of each request, sending after its appointed time: the generator's own fault
  std::vector<std::int64_t> answer_ns;  // of each request, from sending to the whole answer
};

// Sends `rate` stamped PutRecords a second until `total` are answered. A request whose time has come takes any
// connection that is free; when `connections` are all busy it fails, because the load would no longer be open.
Result<OpenLoopResult> run_open_loop(const Target& target, const RequestShape& shape, double rate,
                                     std::uint64_t total, std::size_t connections);

}  // namespace shardmill::bench
