#include "http/router.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "base/base64.h"
#include "http/access.h"

namespace shardmill::http {
namespace {

Response plain(int status, std::string text) {
  return {.status = status, .content_type = "text/plain", .headers = {}, .body = std::move(text) + "\n"};
}

}  // namespace

Router::Router(RouterSettings settings, std::vector<Service*> services, const Clock& clock, Random& random)
    : settings_(std::move(settings)), services_(std::move(services)), clock_(clock), random_(random) {}

Service* Router::find(const Request& request) const {
  for (Service* service : services_) {
    if (service->claims(request)) return service;
  }
  return nullptr;
}

std::optional<Refusal> Router::check(const Request& request) const {
  // Where requests are signed, a foreign page cannot make one, and the runtime may go by any name.
  std::string_view host = request.header("host");
  if (settings_.keys.empty() && !host.empty() && !is_local_host(host_name(host), settings_.hosts)) {
    return Refusal{
        403, "AccessDeniedException",
        fmt::format("The Host header names '{}'. This runtime answers to localhost, loopback addresses and "
                    "configured names only.",
                    host.substr(0, 256))};
  }
  std::string_view origin = request.header("origin");
  if (!origin.empty() && !is_local_origin(origin, settings_.hosts)) {
    return Refusal{403, "AccessDeniedException",
                   fmt::format("Requests from web pages of '{}' are refused.", origin.substr(0, 256))};
  }
  if (settings_.keys.empty()) return std::nullopt;
  return verify_signature(request, settings_.keys, clock_.now());
}

Task<Response> Router::handle(const Request& request) {
  if (request.path == "/healthz") co_return plain(200, "ok");
  Service* service = find(request);
  Response response;
  if (auto refused = check(request)) {
    response = service != nullptr ? service->refuse(*refused) : plain(refused->status, refused->message);
  } else if (service != nullptr) {
    response = co_await service->handle(request);
  } else {
    response = plain(404, fmt::format("Nothing answers {} {} here.", request.method, request.path.substr(0, 256)));
  }
  stamp(response);
  co_return response;
}

// Clients quote these two in their error messages; nothing else depends on them.
void Router::stamp(Response& response) {
  std::uint64_t a = random_.next();
  std::uint64_t b = random_.next();
  response.headers.emplace_back(
      "x-amzn-RequestId", fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff,
                                      (b >> 48 & 0x3fff) | 0x8000, b & 0xffffffffffff));
  std::array<std::uint64_t, 9> id;
  for (std::uint64_t& word : id) word = random_.next();
  response.headers.emplace_back("x-amz-id-2", base64_encode(std::as_bytes(std::span(id))));
}

}  // namespace shardmill::http
