#include "app/serve/admin_source.h"

#include <algorithm>
#include <map>

#include "deploy/settings_text.h"

namespace shardmill::app {

// On the loop. Deploy knows of files, dispatch of what runs; a function may be known to only one of them.
std::vector<FunctionStatus> AdminSource::functions() const {
  std::map<std::string, FunctionStatus> all;
  for (FunctionStatus& status : parts_.dispatcher.status()) {
    std::string name = status.function;
    all[name] = std::move(status);
  }
  for (const deploy::DeployStatus& known : parts_.deployer.status()) {
    FunctionStatus& status = all[known.function];
    status.function = known.function;
    status.version = known.live ? known.live->version : "";
    status.state = known.state;
    status.problem = known.problem;
    status.since = known.since;
  }
  std::vector<FunctionStatus> list;
  list.reserve(all.size());
  for (auto& [name, status] : all) list.push_back(std::move(status));
  return list;
}

void AdminSource::status(Callback<http::admin::Status> done) {
  parts_.loop.post([this, done = std::move(done)]() mutable {
    http::admin::Status status{parts_.server, functions()};
    status.server.streams = parts_.store.list().size();
    status.server.commit_groups = parts_.store.groups();
    status.server.problems = parts_.notices.list();
    done(std::move(status));
  });
}

void AdminSource::function(std::string name, Callback<std::optional<http::admin::FunctionDetails>> done) {
  parts_.loop.post([this, name = std::move(name), done = std::move(done)]() mutable {
    std::vector<FunctionStatus> all = functions();
    auto at = std::ranges::find(all, name, &FunctionStatus::function);
    if (at == all.end()) return done(std::nullopt);
    http::admin::FunctionDetails details{std::move(*at), {}};
    for (const deploy::DeployStatus& known : parts_.deployer.status()) {
      if (known.function == name && known.live) details.settings_json = deploy::settings_text(known.live->settings);
    }
    done(std::move(details));
  });
}

http::admin::LogPage AdminSource::log(const std::string& function, std::uint64_t after) {
  return parts_.log.lines_after(function, after);
}

std::unique_ptr<Interface> AdminSource::wake_on_log(const std::string& function, std::uint64_t after,
                                                    std::move_only_function<void()> wake) {
  return parts_.log.wake_when_after(function, after, std::move(wake));
}

}  // namespace shardmill::app
