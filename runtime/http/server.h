// The HTTP/1.1 server: accepts connections, spreads them over its loops, and hands whole requests to a handler.
//
// Promises: requests of one connection are answered one after the other in the order sent (pipelining); everything a
// client controls is bounded (head, body, bodies held at once, connections, times); stop() lets requests in flight
// finish and closes idle connections at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/interface.h"
#include "base/result.h"
#include "http/service.h"

namespace shardmill::http {

struct ServerLimits {
  std::size_t head_bytes = 32 * 1024;
  std::size_t body_bytes = 16 * 1024 * 1024;                  // of one request
  std::size_t bodies_in_flight = 512 * 1024 * 1024;           // of all requests being read or handled
  std::size_t connections = 4096;                             // more are answered 503 and closed
  std::chrono::milliseconds idle = std::chrono::minutes(5);   // between two requests
  std::chrono::milliseconds head = std::chrono::seconds(20);  // from a request's first byte to the end of its head
  std::chrono::milliseconds body = std::chrono::seconds(60);  // from there to the end of its body
  std::chrono::milliseconds write = std::chrono::seconds(60);
  std::chrono::milliseconds grace = std::chrono::seconds(30);  // stop() closes what is still in flight after it
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric, or "localhost"
  std::uint16_t port = 4566;          // 0: the system picks one
  unsigned loops = 1;                 // threads
  ServerLimits limits;
};

// Owned by one thread, which calls stop() or destroys it.
class HttpServer : public Interface {
 public:
  // Listens and serves when it returns. `handler` must outlive the server. Fails with invalid (address) or io (the
  // text names address, port and the system's words).
  static Result<std::unique_ptr<HttpServer>> open(const ServerOptions& options, RequestHandler& handler);

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::string url() const = 0;  // "http://127.0.0.1:4566"
  // Takes no more connections, finishes requests in flight, then joins the loops. Blocks; harmless to repeat.
  virtual void stop() = 0;
};

// Whether `address` can be reached from this machine only. "localhost" counts.
[[nodiscard]] bool is_loopback_address(const std::string& address);

}  // namespace shardmill::http
