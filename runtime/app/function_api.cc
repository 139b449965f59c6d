#include "app/function_api.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "app/table.h"
#include "base/nearest.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

// Names go into a path as they are; no function has any other.
bool fits_in_path(std::string_view name) {
  return !name.empty() && name.find_first_of("/?#% \t\r\n") == std::string_view::npos;
}

Cell state_cell(const std::string& state) {
  Tone tone = state == "live" ? Tone::good : state == "refused" || state == "outdated" ? Tone::bad : Tone::warn;
  return {state, tone};
}

std::uint64_t lag_of(const json& function) {
  std::uint64_t lag = 0;
  for (const json& lane : function["lanes"]) lag += lane["lagRecords"].get<std::uint64_t>();
  return lag;
}

// Of the lane that is furthest behind; "-" when no batch was sent yet.
std::string age_of(const json& function) {
  std::optional<std::int64_t> age;
  for (const json& lane : function["lanes"]) {
    if (lane["iteratorAgeMs"].is_number())
      age = std::max(age.value_or(0), lane["iteratorAgeMs"].get<std::int64_t>());
  }
  return age ? human_duration(*age) : "-";
}

void indent(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    fmt::print("  {}\n", printable(line));
  }
}

void print_problems(const json& function) {
  std::vector<std::string> problems;
  if (!function["problem"].get<std::string>().empty()) problems.push_back(function["problem"]);
  for (const json& trigger : function["triggers"]) {
    std::string problem = trigger["problem"];
    if (!problem.empty()) problems.push_back(fmt::format("{}: {}", trigger["stream"].get<std::string>(), problem));
  }
  for (const json& lane : function["lanes"]) {
    std::string error = lane["lastError"];
    if (error.empty()) continue;
    problems.push_back(fmt::format("{} {}, attempt {}: {}", lane["stream"].get<std::string>(),
                                   lane["shard"].get<std::string>(), lane["attempt"].get<std::uint32_t>(), error));
  }
  if (problems.empty()) return;
  fmt::print("\n{}\n", paint(function["name"].get<std::string>() + ":", Tone::bad, use_colour()));
  for (const std::string& problem : problems) indent(problem);
}

}  // namespace

Result<json> admin_get(Client& client, std::string_view what) {
  return client.get_json(fmt::format("/_shardmill/{}", what));
}

Error no_such_function(Client& client, const std::string& name) {
  std::vector<std::string> names;
  if (Result<json> status = admin_get(client, "status")) {
    for (const json& function : (*status)["functions"]) names.push_back(function["name"]);
  }
  return {Errc::not_found, fmt::format("there is no function \"{}\"{}", name, did_you_mean(name, names))};
}

Result<json> get_function(Client& client, const std::string& name) {
  if (!fits_in_path(name)) return fail(Errc::invalid, no_such_function(client, name).text);
  Result<json> function = admin_get(client, "functions/" + name);
  if (!function && function.error().code == Errc::not_found) return std::unexpected(no_such_function(client, name));
  return function;
}

void print_functions(const json& functions) {
  if (functions.empty()) {
    fmt::print("no functions yet; drop a .so into the folder functions\n");
    return;
  }
  Table table({{"FUNCTION"},
               {"VERSION"},
               {"STATE"},
               {"WORKERS", true},
               {"INVOCATIONS", true},
               {"ERRORS", true},
               {"RECORDS", true},
               {"EMITTED", true},
               {"LAG", true},
               {"AGE", true}});
  for (const json& function : functions) {
    auto count = [&](const char* key) { return grouped(function[key].get<std::uint64_t>()); };
    std::string version = function["version"];
    table.add({function["name"].get<std::string>(), version.empty() ? "-" : version, state_cell(function["state"]),
               count("workers"), count("invocations"),
               function["errors"] == 0 ? Cell("0") : Cell(count("errors"), Tone::bad), count("records"),
               count("emitted"), grouped(lag_of(function)), age_of(function)});
  }
  table.print();
  for (const json& function : functions) print_problems(function);
}

}  // namespace shardmill::app
