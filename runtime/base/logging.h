// The server's log: lines on stderr, for people or as JSON. A part that logs takes a Log& from whoever makes it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/interface.h"

namespace shardmill {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

// "debug", "info", "warn", "error".
[[nodiscard]] std::string_view log_level_name(LogLevel level);
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view name);

// A fact about the line for programs that read the log: only in its JSON form. Borrowed for the call.
struct LogField {
  std::string_view name;
  std::string_view value;  // left out when empty
};

class Log : public Interface {
 public:
  // Any thread. Does not wait for the file behind stderr: when that is slow the oldest waiting lines are dropped, and
  // a line tells how many.
  virtual void write(LogLevel level, std::string_view text, std::initializer_list<LogField> fields) = 0;
  // Returns when the lines so far are written, or after a second.
  virtual void flush() {}

  void debug(std::string_view text) { write(LogLevel::debug, text, {}); }
  void info(std::string_view text) { write(LogLevel::info, text, {}); }
  void warn(std::string_view text) { write(LogLevel::warn, text, {}); }
  void error(std::string_view text) { write(LogLevel::error, text, {}); }
};

struct LogOptions {
  LogLevel level = LogLevel::info;  // lines below it are left out
  bool json = false;                // {"time": ..., "level": ..., "message": ..., fields} instead of text
  bool colour = false;
};

// Writes to stderr from a thread of its own. Destroying it writes out what waits. The text form has local times, indents
// what follows a newline, and has no other control characters: no text can look like a line or steer a terminal.
[[nodiscard]] std::unique_ptr<Log> open_log(const LogOptions& options);

// One line in the two forms, without its newline; `time_ms` since 1970.
[[nodiscard]] std::string json_log_line(std::int64_t time_ms, LogLevel level, std::string_view text,
                                        std::initializer_list<LogField> fields);
[[nodiscard]] std::string plain_log_text(std::string_view text);

}  // namespace shardmill
