// All parts of a running server, made in the order in which they depend on each other: reading this class's members
// shows the whole program.
#pragma once

#include <memory>
#include <string>

#include "api/clock.h"
#include "api/host.h"
#include "app/serve/admin_source.h"
#include "app/serve/dispatch_loop.h"
#include "app/serve/folder.h"
#include "app/serve/function_log.h"
#include "app/serve/notices.h"
#include "base/logging.h"
#include "deploy/deployer.h"
#include "deploy/server_settings.h"
#include "dispatch/asio_time.h"
#include "dispatch/dispatcher.h"
#include "host/host_loop.h"
#include "http/admin/service.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"
#include "worker/worker_pools.h"

namespace shardmill::app {

struct RuntimeOptions {
  ServeFolder folder;
  deploy::ServerSettings settings;
  Log& log;  // outlives the runtime
  // The store has failed for good: the process should leave at once. Called on any thread.
  std::function<void(const Error&)> on_fatal;
};

// Made, drained and destroyed by one thread.
class Runtime {
 public:
  // Opens the store, makes the streams of the settings, listens, and begins to look after the functions. Fails with
  // one sentence: the folder is in use or cannot be written, the port is taken, ...
  static Result<std::unique_ptr<Runtime>> open(RuntimeOptions options);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  [[nodiscard]] std::string url() const { return http_->url(); }

  enum class Drained {
    finished,  // every batch in flight was settled, or had failed
    given_up,  // the time that the settings give ran out: workers were killed in the middle of batches
    stuck,     // not even that ended them: this object cannot be destroyed, the process has to go as it is
  };
  // Takes no more requests, begins no more batches, and waits for those in flight.
  Drained drain();

 private:
  explicit Runtime(RuntimeOptions options);
  Result<void> open_parts();
  Result<void> create_streams();
  Result<void> listen();

  const RuntimeOptions options_;
  dispatch::SystemClock clock_;
  dispatch::SeededRandom random_;
  FunctionLog function_log_;
  Notices notices_;
  std::unique_ptr<Store> store_;
  DispatchLoop loop_;
  std::unique_ptr<host::HostLoop> host_;  // its end ends the children, who still post to the loop
  dispatch::AsioTimers timers_;
  std::unique_ptr<worker::Pools> pools_;
  std::unique_ptr<dispatch::Dispatcher> dispatcher_;
  std::unique_ptr<deploy::LiveFunctions> live_;
  std::unique_ptr<deploy::Deployer> deployer_;
  std::unique_ptr<AdminSource> admin_source_;
  std::unique_ptr<http::admin::AdminService> admin_;
  std::unique_ptr<http::Service> kinesis_;
  std::unique_ptr<http::Router> router_;
  std::unique_ptr<http::HttpServer> http_;
};

}  // namespace shardmill::app
