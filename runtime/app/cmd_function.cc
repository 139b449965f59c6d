// shardmill function list, show, logs.
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "app/cli.h"
#include "app/function_api.h"
#include "app/table.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

struct FunctionOptions {
  std::string endpoint;
  std::string name;
  bool json = false;
  bool follow = false;
};

int list(const FunctionOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<json> status = admin_get(*client, "status");
  if (!status) return report(status.error());
  const json& functions = (*status)["functions"];
  if (options.json) {
    fmt::print("{}\n", functions.dump(2));
  } else {
    print_functions(functions);
  }
  return kOk;
}

void print_lanes(const json& lanes) {
  if (lanes.empty()) return;
  Table table(
      {{"STREAM"}, {"SHARD"}, {"DONE", true}, {"END", true}, {"LAG", true}, {"AGE", true}, {"ATTEMPT", true}});
  for (const json& lane : lanes) {
    auto count = [&](const char* key) { return grouped(lane[key].get<std::uint64_t>()); };
    const json& age = lane["iteratorAgeMs"];
    table.add({lane["stream"].get<std::string>(), lane["shard"].get<std::string>(), count("checkpoint"),
               count("end"), count("lagRecords"), age.is_number() ? human_duration(age.get<std::int64_t>()) : "-",
               lane["attempt"] == 0 ? "-" : count("attempt")});
  }
  fmt::print("\n");
  table.print();
}

int show(const FunctionOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<json> function = get_function(*client, options.name);
  if (!function) return report(function.error());
  if (options.json) {
    fmt::print("{}\n", function->dump(2));
    return kOk;
  }
  print_functions(json::array({*function}));
  fmt::print("\n{} since {}\n", (*function)["state"].get<std::string>(),
             local_time(WallTime{(*function)["since"].get<std::int64_t>()}));
  if (!(*function)["settings"].is_null()) fmt::print("settings: {}\n", (*function)["settings"].dump(2));
  print_lanes((*function)["lanes"]);
  return kOk;
}

void print_line(const json& line, bool as_json) {
  if (as_json) {
    fmt::print("{}\n", line.dump());
    return;
  }
  std::string level = line["level"];
  Tone tone = level == "error" ? Tone::bad : level == "warn" ? Tone::warn : Tone::plain;
  std::string request = line["requestId"];
  bool colour = use_colour();
  fmt::print("{} {} {}{}\n", paint(local_time(WallTime{line["time"].get<std::int64_t>()}), Tone::faint, colour),
             paint(fmt::format("{:<5}", level), tone, colour),
             request.empty() ? "" : paint(request.substr(0, 8), Tone::faint, colour) + " ",
             printable(line["text"].get<std::string>()));
}

int logs(const FunctionOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  // Whether there is such a function; it may be gone while its lines are still there, and the other way round.
  Result<json> function = get_function(*client, options.name);
  if (!function && function.error().code != Errc::not_found) return report(function.error());
  std::uint64_t after = 0;
  for (bool first = true;; first = false) {
    int wait = options.follow && !first ? 20 : 0;
    Result<json> page =
        admin_get(*client, fmt::format("functions/{}/logs?after={}&wait={}", options.name, after, wait));
    if (!page) return report(page.error());
    const json& lines = (*page)["lines"];
    if (first && lines.empty() && !function) return report(function.error());
    if (std::uint64_t missed = (*page)["missed"]; missed > 0 && after > 0) {
      fmt::print(stderr, "{} lines are not kept any more\n", grouped(missed));
    }
    for (const json& line : lines) print_line(line, options.json);
    std::fflush(stdout);
    if (std::ferror(stdout) != 0) return kFailed;
    if (lines.empty() && !options.follow) return kOk;
    after = (*page)["next"];
  }
}

std::shared_ptr<FunctionOptions> add_common(CLI::App& command, bool with_name) {
  auto options = std::make_shared<FunctionOptions>();
  if (with_name) command.add_option("NAME", options->name, "Name of the function")->required()->type_name("");
  add_endpoint_option(command, options->endpoint);
  command.add_flag("--json", options->json, "Print JSON");
  return options;
}

}  // namespace

void add_function(Cli& cli) {
  CLI::App& group = cli.add_group("function", "Look at functions and read their logs.",
                                  {"shardmill function list", "shardmill function logs hello -f"});

  CLI::App& list_command = cli.add(group, "list", "List the functions", {"shardmill function list"});
  auto for_list = add_common(list_command, false);
  cli.on_run(list_command, [for_list] { return list(*for_list); });

  CLI::App& show_command =
      cli.add(group, "show", "Show a function with its settings and shards", {"shardmill function show hello"});
  auto for_show = add_common(show_command, true);
  cli.on_run(show_command, [for_show] { return show(*for_show); });

  CLI::App& logs_command =
      cli.add(group, "logs", "Print the newest lines of a function's log",
              {"shardmill function logs hello", "shardmill function logs hello -f  # and those to come"});
  auto for_logs = add_common(logs_command, true);
  logs_command.add_flag("-f,--follow", for_logs->follow, "Go on with new lines until interrupted");
  cli.on_run(logs_command, [for_logs] { return logs(*for_logs); });
}

}  // namespace shardmill::app
