// One invocation of a function in a worker of its own, without a server.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/deployment.h"
#include "api/observer.h"
#include "api/worker.h"

namespace shardmill::app {

struct RunOptions {
  std::chrono::milliseconds timeout{3000};
  bool any_output = true;                      // else only to the deployment's Outputs
  std::function<void(const LogLine&)> on_log;  // called as the lines come
};

struct RunOutput {
  std::string stream;
  std::string partition_key;
  std::string hash_key;  // digits; empty unless it was given
  std::string data;
};

struct RunReport {
  Outcome outcome;
  std::string request_id;
  std::string stream;  // of a batch; empty for a payload
  std::uint32_t records = 0;
  bool renumbered = false;
  std::vector<RunOutput> outputs;
  std::string response;
  std::chrono::microseconds duration{0};
};

// `event` goes to the function as a batch if it is a Kinesis event in AWS's form and the function takes batches, else
// as it is. Fails with invalid if it is no event that the function takes.
[[nodiscard]] Result<RunReport> run_once(const Deployment& deployment, std::string_view event,
                                         const RunOptions& options);

}  // namespace shardmill::app
