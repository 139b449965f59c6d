// What parts of the runtime tell the outside: log lines of functions, and figures for `status`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/ids.h"
#include "base/interface.h"
#include "base/logging.h"

namespace shardmill {

struct LogLine {
  WallTime time;
  std::string function;
  std::string version;
  std::string request_id;  // empty outside an invocation
  LogLevel level = LogLevel::info;
  std::string text;  // one line, at most 16 KiB, without its newline
};

// Any thread. Must not hold the caller up.
class LogSink : public Interface {
 public:
  virtual void write(LogLine line) = 0;
};

// One lane as `status` shows it: it is at work, or it ended before its shard did and last_error says why.
struct LaneStatus {
  std::string stream;
  ShardNumber shard{};
  Position checkpoint;
  Position end;
  std::uint64_t lag_records = 0;
  std::optional<std::int64_t> iterator_age_ms;  // of the last batch sent; nothing before the first
  std::uint32_t attempt = 0;                    // 0: idle; else of the batch in flight or waiting for its retry
  std::string last_error;                       // of the failing batch; empty when all is well
};

// One stream trigger as `status` shows it.
struct TriggerStatus {
  std::string stream;
  std::string state;    // "enabled", "disabled", "no stream", "stream deleted", "stopped"
  std::string problem;  // why it does not run; empty when all is well
};

struct FunctionStatus {
  std::string function;
  std::string version;  // live one; empty if there is none
  std::string state;    // "live", "refused", "loading", "removed"
  std::string problem;  // why the newest files are not live: found and wanted
  WallTime since;
  std::uint32_t workers = 0;
  std::uint64_t invocations = 0;
  std::uint64_t errors = 0;
  std::uint64_t records = 0;
  std::uint64_t emitted = 0;
  std::uint64_t expired = 0;  // records that retention removed before they were handled
  std::string last_error;
  std::vector<TriggerStatus> triggers;
  std::vector<LaneStatus> lanes;
};

}  // namespace shardmill
