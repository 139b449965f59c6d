// The admin service: JSON about the server and its functions below /_shardmill/, for the CLI and for scripts.
//
//   GET /_shardmill/status                     the server and all functions
//   GET /_shardmill/functions/NAME             one function with its settings
//   GET /_shardmill/functions/NAME/logs?after=N&wait=S   lines behind number N; waits up to S (20) seconds for one
//
// Errors are {"error": "a sentence"} with status 400, 404 or 405.
#pragma once

#include <chrono>

#include "http/admin/source.h"
#include "http/service.h"

namespace shardmill::http::admin {

class AdminService final : public Service {
 public:
  // `source` outlives the service.
  explicit AdminService(Source& source) : source_(source) {}

  [[nodiscard]] bool claims(const Request& request) const override;
  [[nodiscard]] Response refuse(const Refusal& refusal) const override;
  Task<Response> handle(const Request& request) override;

 private:
  Task<Response> status();
  Task<Response> function(std::string name);
  Task<Response> logs(std::string name, std::string_view query);
  Task<void> wait_for_line(const std::string& name, std::uint64_t after, std::chrono::seconds most);

  Source& source_;
};

}  // namespace shardmill::http::admin
