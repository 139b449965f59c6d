// The seam between the server and what answers requests.
#pragma once

#include <string>

#include "api/task.h"
#include "base/interface.h"
#include "http/message.h"

namespace shardmill::http {

// Called on any http loop, many requests at a time; the coroutine stays on the loop that called it.
class RequestHandler : public Interface {
 public:
  virtual Task<Response> handle(const Request& request) = 0;
};

// Why a request was turned away before its service saw it, in AWS's words.
struct Refusal {
  int status = 403;
  std::string type;  // "InvalidSignatureException", ...
  std::string message;
};

// One protocol on the shared port: Kinesis, the console, ...
class Service : public RequestHandler {
 public:
  // Whether the request is this service's, told from target header, signature scope or path. Cheap.
  [[nodiscard]] virtual bool claims(const Request& request) const = 0;
  // The refusal in the service's own error format.
  [[nodiscard]] virtual Response refuse(const Refusal& refusal) const = 0;
};

}  // namespace shardmill::http
