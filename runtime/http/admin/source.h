// What the admin service shows, and where it has it from. Implemented by the wiring of serve.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/observer.h"
#include "api/task.h"
#include "base/interface.h"

namespace shardmill::http::admin {

struct ServerStatus {
  std::string version;
  int pid = 0;
  WallTime started;
  std::string folder;
  std::uint64_t streams = 0;
  std::uint64_t commit_groups = 0;    // fsynced since the start: how well writes share fsyncs
  std::vector<std::string> problems;  // of the server as a whole; empty when all is well
};

struct Status {
  ServerStatus server;
  std::vector<FunctionStatus> functions;  // by name
};

struct FunctionDetails {
  FunctionStatus status;
  std::string settings_json;  // of the live version; empty if there is none
};

// Lines of one function's log, oldest first.
struct LogPage {
  std::vector<LogLine> lines;
  std::uint64_t next = 0;    // to go on with: the number of the last line
  std::uint64_t missed = 0;  // lines behind `after` that are not kept any more
};

// Any thread; callbacks come on any thread and must only post.
class Source : public Interface {
 public:
  virtual void status(Callback<Status> done) = 0;
  // Nothing if there is no such function.
  virtual void function(std::string name, Callback<std::optional<FunctionDetails>> done) = 0;
  // The lines behind number `after`, at most a page; lines are numbered from 1 per function. No lines if nobody has
  // ever heard of the function.
  virtual LogPage log(const std::string& function, std::uint64_t after) = 0;
  // Calls `wake` once, as soon as there is a line behind `after`, or the server stops; at once if so already. The
  // handle cancels.
  virtual std::unique_ptr<Interface> wake_on_log(const std::string& function, std::uint64_t after,
                                                 std::move_only_function<void()> wake) = 0;
};

}  // namespace shardmill::http::admin
