// What a handler may ask of the runtime while it handles an event, and what it may answer.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "shardmill/abi.h"
#include "shardmill/events.h"

namespace shardmill {

// What a handler may return. Throwing is the same as failing.
class Outcome {
 public:
  static Outcome ok() { return {}; }
  // The event is tried again, as its trigger's settings say. `type` is a short word to tell failures apart.
  static Outcome fail(std::string why, std::string type = "Failed") {
    Outcome outcome;
    outcome.ok_ = false;
    outcome.why_ = std::move(why);
    outcome.type_ = std::move(type);
    return outcome;
  }
  [[nodiscard]] bool is_ok() const { return ok_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const std::string& type() const { return type_; }

 private:
  bool ok_ = true;
  std::string why_;
  std::string type_;
};
inline Outcome ok() {
  return Outcome::ok();
}
inline Outcome fail(std::string why, std::string type = "Failed") {
  return Outcome::fail(std::move(why), std::move(type));
}

// An output was refused. The invocation fails even if this is caught: nothing is lost silently.
class EmitError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Level : std::int32_t {
  debug = SHARDMILL_DEBUG,
  info = SHARDMILL_INFO,
  warn = SHARDMILL_WARN,
  error = SHARDMILL_ERROR
};

namespace detail {

inline std::string_view view(shardmill_host_bytes bytes) {
  return {static_cast<const char*>(bytes.data), bytes.size};
}
inline shardmill_function_bytes lend(std::string_view text) {
  return {text.data(), text.size()};
}

inline void append(std::string& line, std::string_view text) {
  line += text;
}
inline void append(std::string& line, std::same_as<bool> auto value) {
  line += value ? "true" : "false";
}
inline void append(std::string& line, std::same_as<char> auto c) {
  line += c;
}
template <class Number>
  requires((std::integral<Number> && !std::same_as<Number, bool> && !std::same_as<Number, char>) ||
           std::floating_point<Number>)
void append(std::string& line, Number value) {
  char digits[64];
  line.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

inline const char* emit_problem(std::int32_t status) {
  switch (status) {
    case SHARDMILL_NOT_ALLOWED:
      return "the stream is not one of the function's Outputs";
    case SHARDMILL_FULL:
      return "the outputs of one invocation are full";
    default:
      return "its key, hash key or size is out of bounds, or it came after the handler had returned";
  }
}

}  // namespace detail

// Valid while the handler runs, on the handler's thread.
class Context {
 public:
  Context(const shardmill_host& host, const shardmill_invocation& invocation)
      : host_(&host), invocation_(&invocation) {}

  // Adds a record to `stream`, which the function's settings must list in Outputs. All outputs of an invocation are
  // written together, once, when it succeeds. Key: 1 to 256 characters. Throws EmitError.
  void emit(std::string_view stream, std::string_view key, std::string_view data) { send(stream, key, {}, data); }
  void emit(std::string_view stream, std::string_view key, std::span<const std::byte> data) {
    send(stream, key, {}, {reinterpret_cast<const char*>(data.data()), data.size()});
  }
  // The same, to the shard that owns `hash_key` (decimal digits) instead of the key's hash.
  void emit_to(std::string_view stream, std::string_view key, std::string_view hash_key, std::string_view data) {
    send(stream, key, hash_key, data);
  }

  // ctx.info("took ", n, " records"): text, numbers, booleans and characters, one after the other.
  template <class... Parts>
  void debug(const Parts&... parts) {
    log(Level::debug, parts...);
  }
  template <class... Parts>
  void info(const Parts&... parts) {
    log(Level::info, parts...);
  }
  template <class... Parts>
  void warn(const Parts&... parts) {
    log(Level::warn, parts...);
  }
  template <class... Parts>
  void error(const Parts&... parts) {
    log(Level::error, parts...);
  }
  template <class... Parts>
  void log(Level level, const Parts&... parts) {
    std::string line;
    (detail::append(line, parts), ...);
    host_->log(host_->context, static_cast<std::int32_t>(level), detail::lend(line));
  }

  [[nodiscard]] std::string_view request_id() const { return detail::view(invocation_->request_id); }
  // Counts from 1 for the same event.
  [[nodiscard]] std::uint32_t attempt() const { return invocation_->attempt; }
  // The same for every attempt at the same event: hand it to systems that can refuse a repetition.
  [[nodiscard]] std::string_view idempotency_key() const { return detail::view(invocation_->idempotency_key); }
  [[nodiscard]] std::string_view function_name() const { return detail::view(invocation_->function_name); }
  [[nodiscard]] std::string_view version() const { return detail::view(invocation_->function_version); }

  // When the worker is killed if the handler has not returned.
  [[nodiscard]] Time deadline() const { return Time(std::chrono::milliseconds(invocation_->deadline_unix_ms)); }
  // Time left until then; negative when it is over.
  [[nodiscard]] std::chrono::milliseconds remaining() const {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::nanoseconds(invocation_->deadline_steady_ns) - now);
  }

  // The C side, for other languages' bindings.
  [[nodiscard]] const shardmill_host& host() const { return *host_; }
  [[nodiscard]] const shardmill_invocation& invocation() const { return *invocation_; }

 private:
  void send(std::string_view stream, std::string_view key, std::string_view hash_key, std::string_view data) {
    std::int32_t status = host_->emit(host_->context, detail::lend(stream), detail::lend(key),
                                      detail::lend(hash_key), detail::lend(data));
    if (status != SHARDMILL_OK) {
      throw EmitError("emit to '" + std::string(stream) + "' refused: " + detail::emit_problem(status));
    }
  }

  const shardmill_host* host_;
  const shardmill_invocation* invocation_;
};

}  // namespace shardmill
