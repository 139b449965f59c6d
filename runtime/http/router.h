// The way from the server to the services: turns web pages away, checks signatures where that is asked for, answers
// /healthz, and hands each request to the first service that claims it.
#pragma once

#include <string>
#include <vector>

#include "api/clock.h"
#include "http/service.h"
#include "http/sigv4.h"

namespace shardmill::http {

struct RouterSettings {
  std::vector<std::string> hosts;  // names by which this runtime is known beside localhost and loopback addresses
  // Not empty: every request but /healthz must be signed with one of them. Needed on any address but loopback.
  AccessKeys keys;
};

// Any thread. All that it is given must outlive it.
class Router final : public RequestHandler {
 public:
  // Services are asked in the order given.
  Router(RouterSettings settings, std::vector<Service*> services, const Clock& clock, Random& random);

  Task<Response> handle(const Request& request) override;

 private:
  [[nodiscard]] Service* find(const Request& request) const;
  [[nodiscard]] std::optional<Refusal> check(const Request& request) const;
  void stamp(Response& response);

  const RouterSettings settings_;
  const std::vector<Service*> services_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace shardmill::http
