#include "app/scaffold/scaffold.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "app/kinesis_event.h"
#include "app/terminal.h"

namespace shardmill::app {
namespace {

constexpr std::string_view kMark = "@NAME@";
constexpr std::size_t kLongestName = 64;
// Targets that every CMake build has.
constexpr std::array<std::string_view, 9> kTakenTargets{"all",     "clean",   "depend",        "edit_cache", "help",
                                                        "install", "package", "rebuild_cache", "test"};

bool fits_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string with_name(std::string_view text, const std::string& name) {
  std::string result;
  for (std::size_t at = 0;;) {
    std::size_t mark = text.find(kMark, at);
    result += text.substr(at, mark - at);
    if (mark == std::string_view::npos) return result;
    result += name;
    at = mark + kMark.size();
  }
}

std::string test_event() {
  EventSpec event{.stream = "events", .shard = ShardNumber{0}, .arrival = {1'700'000'000'123}, .records = {}};
  event.records = {{"alice", "hello"}, {"bob", "good morning"}};
  return kinesis_event(event).dump(2) + "\n";
}

}  // namespace

Result<std::vector<ScaffoldFile>> scaffold(const std::string& name) {
  if (name.empty() || name.size() > kLongestName || !std::ranges::all_of(name, fits_a_name)) {
    return fail(Errc::invalid,
                fmt::format("\"{}\" cannot be a function's name: wanted 1 to {} letters, digits, - and _",
                            printable(name), kLongestName));
  }
  if (std::ranges::find(kTakenTargets, name) != kTakenTargets.end()) {
    return fail(Errc::invalid,
                fmt::format("\"{}\" cannot be a function's name: CMake uses that word itself", name));
  }
  std::vector<ScaffoldFile> files;
  for (const ScaffoldText& file : scaffold_texts()) {
    files.push_back({with_name(file.path, name), with_name(file.text, name)});
  }
  files.push_back({"event.json", test_event()});
  return files;
}

}  // namespace shardmill::app
