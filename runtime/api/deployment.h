// A deployment: one version of one function. Immutable; every part of the runtime may hold it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/ids.h"
#include "api/streams.h"

namespace shardmill {

// {"Stream": ...} of a function's `Triggers`, in AWS's names (CreateEventSourceMapping).
struct StreamTrigger {
  std::string stream;
  std::uint32_t batch_size = 100;           // 1..10,000 records
  std::chrono::seconds batching_window{0};  // 0..300
  StartingPosition start = StartingPosition::trim_horizon;
  WallTime start_time;  // with at_timestamp
  bool enabled = true;  // false keeps the position
  bool operator==(const StreamTrigger&) const = default;
};

enum class Isolation { process, in_line };

// What NAME.json says, with defaults where it says nothing.
struct FunctionSettings {
  std::chrono::seconds timeout{3};  // 1..900, of one invocation
  std::uint32_t memory_mb = 128;    // 128..10,240, of one worker
  std::uint32_t workers = 0;        // most workers at once; 0: as many as the machine has cores
  Isolation isolation = Isolation::process;
  std::vector<std::string> outputs;  // streams it may emit to; their order is the index in output.h
  std::map<std::string, std::string> environment;
  std::vector<std::string> read_paths;   // absolute; that workers may read beside the system's
  std::vector<std::string> write_paths;  // absolute; that they may write
  std::vector<StreamTrigger> stream_triggers;
  bool operator==(const FunctionSettings&) const = default;
};

struct Deployment {
  std::string function;   // NAME of NAME.so
  std::string version;    // the first 12 hex digits of the SHA-256 over code and settings
  std::string code_path;  // content-addressed copy of the .so: never changes, never removed while in use
  FunctionSettings settings;
};
using DeploymentRef = std::shared_ptr<const Deployment>;  // shared: old versions live until their batches are done

}  // namespace shardmill
