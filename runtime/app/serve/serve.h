// `shardmill serve`: from the start of the server to its exit code.
#pragma once

#include <optional>
#include <string>

#include "base/logging.h"

namespace shardmill::app {

struct ServeOptions {
  std::string folder = ".";
  std::optional<std::string> listen;  // in place of what shardmill.json says
  LogLevel log_level = LogLevel::info;
  bool log_json = false;
};

// Runs until SIGTERM, SIGINT or SIGHUP; a second one ends it at once. When the server is ready, stdout gets the one
// line "listening on URL". What is wrong at the start is one sentence on stderr.
[[nodiscard]] int serve(const ServeOptions& options);

}  // namespace shardmill::app
