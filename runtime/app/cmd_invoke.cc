// shardmill invoke: one call of a function, without a server.
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "app/cli.h"
#include "app/files.h"
#include "app/invoke/local_function.h"
#include "app/invoke/report.h"
#include "app/invoke/run_once.h"
#include "app/terminal.h"
#include "deploy/variable_name.h"

namespace shardmill::app {
namespace {

// An event of 6 MB in base64, with room for what stands around it.
constexpr std::size_t kMostEvent = std::size_t{16} << 20;

struct InvokeOptions {
  std::string target;
  std::string event;
  double timeout = 0;  // seconds; 0: as the settings say
  bool as_json = false;
  std::vector<std::string> environment;
  std::vector<std::string> outputs;
};

Result<void> set_environment(const std::vector<std::string>& assignments, Deployment& deployment) {
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(Errc::invalid, fmt::format("--env \"{}\": wanted NAME=VALUE", printable(assignment)));
    }
    const std::string name = assignment.substr(0, equals);
    if (auto problem = deploy::variable_name_problem(name)) {
      return fail(Errc::invalid, fmt::format("--env {}: {}", printable(name), *problem));
    }
    deployment.settings.environment[name] = assignment.substr(equals + 1);
  }
  return {};
}

Result<Deployment> deployment_of(const InvokeOptions& options) {
  auto deployment = read_local_function(options.target);
  if (!deployment) return deployment;
  if (auto set = set_environment(options.environment, *deployment); !set) return std::unexpected(set.error());
  if (!options.outputs.empty()) deployment->settings.outputs = options.outputs;
  return deployment;
}

int invoke(const InvokeOptions& options) {
  auto deployment = deployment_of(options);
  if (!deployment) return report(deployment.error());
  auto event = read_whole_file(options.event, kMostEvent);
  if (!event) return report(event.error());
  std::vector<LogLine> logs;
  RunOptions run;
  run.timeout = deployment->settings.timeout;
  if (options.timeout > 0) run.timeout = std::chrono::milliseconds(std::llround(options.timeout * 1000));
  run.any_output = deployment->settings.outputs.empty();
  run.on_log = [&](const LogLine& line) { options.as_json ? logs.push_back(line) : print_log_line(line); };
  auto came_to = run_once(*deployment, *event, run);
  if (!came_to) return report(came_to.error());
  options.as_json ? print_json_report(*deployment, *came_to, logs) : print_report(*came_to);
  return came_to->outcome.kind == OutcomeKind::success ? kOk : kFailed;
}

}  // namespace

void add_invoke(Cli& cli) {
  CLI::App& command =
      cli.add(cli.root(), "invoke", "Call a function once, in a worker of its own; no server is needed.",
              {"shardmill invoke hello.so --event event.json",
               "shardmill invoke hello.so --event <(shardmill event kinesis --data hi)",
               "echo '{\"n\": 1}' | shardmill invoke hello.so --event - --json | jq .outputs"});
  auto options = std::make_shared<InvokeOptions>();
  command.add_option("TARGET", options->target, "The function: a .so; a .json of the same name beside it is used")
      ->required();
  command
      .add_option("--event", options->event,
                  "File with the event (- for stdin): a Kinesis event as AWS Lambda gets it, or any payload")
      ->type_name("FILE")
      ->required();
  command.add_option("--timeout", options->timeout, "Seconds it may take (the settings' Timeout, or 3)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 900.0));
  command.add_option("--env", options->environment, "A variable of its environment; once for each")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("--output", options->outputs,
                  "A stream that it may emit to; once for each (the settings' Outputs, or any)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_flag("--json", options->as_json, "Print the result as one JSON object");
  cli.on_run(command, [options] { return invoke(*options); });
}

}  // namespace shardmill::app
