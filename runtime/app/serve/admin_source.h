// What the admin service shows, put together from dispatch, deploy and the function log.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/clock.h"
#include "app/serve/dispatch_loop.h"
#include "app/serve/function_log.h"
#include "app/serve/notices.h"
#include "deploy/deployer.h"
#include "dispatch/dispatcher.h"
#include "http/admin/source.h"
#include "store/store.h"

namespace shardmill::app {

// Borrowed things outlive it.
class AdminSource final : public http::admin::Source {
 public:
  struct Parts {
    DispatchLoop& loop;
    const deploy::Deployer& deployer;        // asked on the loop
    const dispatch::Dispatcher& dispatcher;  // asked on the loop
    const Store& store;
    FunctionLog& log;
    const Notices& notices;
    http::admin::ServerStatus server;
  };
  explicit AdminSource(Parts parts) : parts_(std::move(parts)) {}

  void status(Callback<http::admin::Status> done) override;
  void function(std::string name, Callback<std::optional<http::admin::FunctionDetails>> done) override;
  http::admin::LogPage log(const std::string& function, std::uint64_t after) override;
  std::unique_ptr<Interface> wake_on_log(const std::string& function, std::uint64_t after,
                                         std::move_only_function<void()> wake) override;

 private:
  [[nodiscard]] std::vector<FunctionStatus> functions() const;

  const Parts parts_;
};

}  // namespace shardmill::app
