// `shardmill filter test`: does an event pass a filter, and if not, because of which key.
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/cli.h"
#include "app/terminal.h"
#include "dispatch/filter/event_pattern.h"
#include "dispatch/filter/explain.h"

namespace shardmill::app {
namespace {

using filter::EventPattern;
using nlohmann::json;

constexpr int kInvalidPattern = 2;

struct FilterTest {
  std::string pattern;
  std::string event;
  std::string lines;
  bool as_json = false;
};

Result<std::string> read_all(const std::string& name) {
  if (name == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(name, std::ios::binary);
  if (!file) return fail(Errc::invalid, fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// JSON on the command line, or the name of a file that holds it.
Result<std::string> text_or_file(const std::string& value) {
  std::size_t first = value.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && std::string_view("{[\"").find(value[first]) != std::string_view::npos) {
    return value;
  }
  return read_all(value);
}

std::string verdict_of(simdjson::dom::parser& parser, const json& line) {
  auto pattern = EventPattern::compile(line.at("pattern_text").get_ref<const std::string&>());
  if (!pattern) return "invalid-pattern";
  const json& event = line.at("event_text");
  simdjson::dom::element parsed;
  if (!event.is_string() || parser.parse(event.get_ref<const std::string&>()).get(parsed) != simdjson::SUCCESS) {
    return "nomatch";
  }
  return pattern->matches(parsed) ? "match" : "nomatch";
}

int judge_lines(const std::string& name) {
  auto text = read_all(name);
  if (!text) return report(text.error());
  simdjson::dom::parser parser;
  std::size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      fmt::print("{}\n", verdict_of(parser, json::parse(line)));
    } catch (const json::exception&) {
      return report({Errc::invalid, fmt::format("{}:{}: wanted an object with \"pattern_text\" (string) and "
                                                "\"event_text\" (string)",
                                                name, number)});
    }
  }
  return kOk;
}

void print_json(bool matched, const std::vector<filter::KeyVerdict>& keys) {
  json out = {{"match", matched}, {"keys", json::array()}};
  for (const auto& key : keys) {
    out["keys"].push_back(
        {{"path", key.path}, {"match", key.matched}, {"found", key.found}, {"wanted", json::parse(key.wanted)}});
  }
  fmt::print("{}\n", out.dump());
}

void print_readable(bool matched, const std::vector<filter::KeyVerdict>& keys) {
  bool coloured = use_colour();
  fmt::print("{}\n", matched ? paint("match", Tone::good, coloured) : paint("no match", Tone::bad, coloured));
  bool all = true;
  for (const auto& key : keys) {
    all = all && key.matched;
    fmt::print("  {} {}: found {}, wanted {}\n",
               paint(key.matched ? "yes" : "no ", key.matched ? Tone::good : Tone::bad, coloured),
               printable(key.path), printable(key.found), printable(key.wanted));
  }
  if (!matched && all) fmt::print("  Each key matches, but no single element of an array has them all.\n");
}

int run(const FilterTest& test) {
  if (!test.lines.empty()) return judge_lines(test.lines);
  auto pattern_text = text_or_file(test.pattern);
  if (!pattern_text) return report(pattern_text.error());
  auto event_text = text_or_file(test.event);
  if (!event_text) return report(event_text.error());

  auto pattern = EventPattern::compile(*pattern_text);
  if (!pattern) {
    fmt::print(stderr, "shardmill: invalid filter pattern: {}\n", pattern.error().text);
    return kInvalidPattern;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element event;
  if (auto error = parser.parse(*event_text).get(event); error != simdjson::SUCCESS) {
    return report({Errc::invalid, fmt::format("the event is not JSON: {}", simdjson::error_message(error))});
  }
  bool matched = pattern->matches(event);
  auto keys = filter::explain(*pattern, event);
  test.as_json ? print_json(matched, keys) : print_readable(matched, keys);
  return matched ? kOk : kFailed;
}

}  // namespace

void add_filter(Cli& cli) {
  CLI::App& group = cli.add_group("filter", "Try filter patterns without a server.",
                                  {"shardmill filter test --pattern pattern.json --event event.json"});
  CLI::App& command = cli.add(
      group, "test", "Say whether an event passes a filter pattern, and which key decides.",
      {R"(shardmill filter test --pattern '{"data":{"level":["error"]}}' --event '{"data":{"level":"info"}}')",
       "shardmill filter test --pattern pattern.json --event event.json --json",
       "shardmill filter test --jsonl cases.jsonl  # {\"pattern_text\": ..., \"event_text\": ...} a line"});
  auto test = std::make_shared<FilterTest>();
  auto* lines = command.add_option("--jsonl", test->lines, "Judge a file of cases, one a line; - is stdin")
                    ->type_name("FILE");
  command.add_option("--pattern", test->pattern, "The pattern: JSON, or a file that holds it; - is stdin")
      ->type_name("JSON|FILE")
      ->excludes(lines);
  command.add_option("--event", test->event, "The event: JSON, or a file that holds it; - is stdin")
      ->type_name("JSON|FILE")
      ->excludes(lines);
  command.add_flag("--json", test->as_json, "Print the verdict as JSON");
  cli.on_run(command, [test] {
    if (test->lines.empty() && (test->pattern.empty() || test->event.empty())) {
      return report({Errc::invalid, "wanted --pattern and --event, or --jsonl"});
    }
    return run(*test);
  });
}

}  // namespace shardmill::app
