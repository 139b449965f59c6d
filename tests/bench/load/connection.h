// One keep-alive HTTP/1.1 connection of the load generator: one request in flight, cheap checks of the answer. One
// thread. Sockets never block; the caller's epoll says when to go on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace shardmill::bench {

struct Target {
  std::string address;  // IPv4 in digits
  std::uint16_t port = 0;
};

// "127.0.0.1:4566", with or without "http://" in front.
Result<Target> parse_target(std::string_view text);

class Connection {
 public:
  // Connects, waiting for it.
  static Result<Connection> open(const Target& target);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  Connection(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] std::int64_t sent_ns() const { return sent_ns_; }

  // Starts a request, whose text must stay until its answer came. Not while busy.
  Result<void> send(std::string_view request, std::int64_t now_ns);
  // Writes and reads what is possible now. True once when the answer is complete and good. An answer that is not 200,
  // or that refuses a record, is an error with the start of the answer in it.
  Result<bool> advance();

 private:
  explicit Connection(int descriptor);
  Result<void> write_some();
  Result<bool> read_some();
  Result<bool> judge();

  int descriptor_;
  bool busy_ = false;
  std::int64_t sent_ns_ = 0;
  std::string_view unsent_;
  std::vector<char> answer_;  // grown to the largest answer, then reused
  std::size_t filled_ = 0;
  std::size_t expected_ = 0;  // size of head and body, once the head is in; 0 before
};

}  // namespace shardmill::bench
