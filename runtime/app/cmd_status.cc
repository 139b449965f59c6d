// shardmill status: the server and its functions at a glance.
#include <chrono>
#include <ctime>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "app/cli.h"
#include "app/function_api.h"
#include "app/terminal.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

struct StatusOptions {
  std::string endpoint;
  bool json = false;
  bool watch = false;
};

void print_server(const json& server, const std::string& url) {
  std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  std::uint64_t streams = server["streams"];
  fmt::print("shardmill {} at {} in {}, process {}, up {}, {} stream{}\n", server["version"].get<std::string>(),
             url, printable(server["folder"].get<std::string>()), server["pid"].get<int>(),
             human_duration(std::max<std::int64_t>(0, now - server["started"].get<std::int64_t>())),
             grouped(streams), streams == 1 ? "" : "s");
  for (const json& problem : server["problems"]) {
    fmt::print("{}\n", paint(printable(problem.get<std::string>()), Tone::bad, use_colour()));
  }
  fmt::print("\n");
}

int show(Client& client, const StatusOptions& options) {
  Result<json> status = admin_get(client, "status");
  if (!status) return report(status.error());
  if (options.watch && !options.json && use_colour()) fmt::print("\x1b[H\x1b[2J");
  if (options.json) {
    fmt::print("{}\n", options.watch ? status->dump() : status->dump(2));
  } else {
    print_server((*status)["server"], client.endpoint().url);
    print_functions((*status)["functions"]);
  }
  std::fflush(stdout);
  return std::ferror(stdout) == 0 ? kOk : kFailed;
}

int status(const StatusOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  int code = show(*client, options);
  while (options.watch && code == kOk) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    code = show(*client, options);
  }
  return code;
}

}  // namespace

void add_status(Cli& cli) {
  CLI::App& command = cli.add(cli.root(), "status", "Show what runs, how far it is, and what is wrong",
                              {"shardmill status", "shardmill status --watch", "shardmill status --json"});
  auto options = std::make_shared<StatusOptions>();
  add_endpoint_option(command, options->endpoint);
  command.add_flag("--json", options->json, "Print JSON; with --watch one line each second");
  command.add_flag("--watch", options->watch, "Show it anew every second until interrupted");
  cli.on_run(command, [options] { return status(*options); });
}

}  // namespace shardmill::app
