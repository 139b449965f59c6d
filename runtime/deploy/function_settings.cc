#include "deploy/function_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/stream_name.h"
#include "base/nearest.h"
#include "deploy/variable_name.h"

namespace shardmill::deploy {
namespace {

constexpr std::size_t kMostOutputs = 100;
constexpr std::size_t kMostTriggers = 100;
constexpr std::size_t kMostPaths = 100;
constexpr std::size_t kLargestEnvironment = 64 * 1024;  // bytes of all names and values

void read_isolation(SettingsObject& object, FunctionSettings& settings) {
  static const std::vector<std::string> choices = {"process", "inline"};
  if (auto node = object.find("Isolation")) {
    if (auto index = node->choice(choices)) settings.isolation = static_cast<Isolation>(*index);
  }
}

void read_outputs(SettingsObject& object, FunctionFile& file) {
  auto node = object.find("Outputs");
  if (!node) return;
  std::vector<SettingsNode> items = node->items("a list of streams");
  if (items.size() > kMostOutputs) return node->complain(fmt::format("wanted at most {} streams", kMostOutputs));
  for (const SettingsNode& item : items) {
    auto text = item.text("the name or ARN of a stream");
    if (!text) continue;
    auto name = stream_name_of(*text);
    if (!name) {
      item.refuse("the name or ARN of a stream");
      continue;
    }
    if (std::ranges::count(file.settings.outputs, *name) > 0) {
      item.complain(fmt::format("\"{}\" is in the list already", *name));
      continue;
    }
    file.settings.outputs.push_back(*name);
    file.streams.push_back({item, *name});
  }
}

void read_environment(SettingsObject& object, FunctionSettings& settings) {
  auto node = object.find("Environment");
  if (!node) return;
  std::size_t size = 0;
  for (const auto& [name, value] : node->members("an object of names and texts")) {
    if (auto problem = variable_name_problem(name)) {
      value.complain(*problem);
      continue;
    }
    auto text = value.text("text in quotes");
    if (!text) continue;
    if (text->find('\0') != std::string::npos) {
      value.complain("found a zero byte, wanted text without one");
      continue;
    }
    size += name.size() + text->size();
    settings.environment[name] = std::move(*text);
  }
  if (size > kLargestEnvironment) {
    node->complain(fmt::format("found {} bytes in all, wanted at most {}", grouped(static_cast<std::int64_t>(size)),
                               grouped(kLargestEnvironment)));
  }
}

void read_paths(SettingsObject& object, const char* key, std::vector<std::string>& paths) {
  auto node = object.find(key);
  if (!node) return;
  std::vector<SettingsNode> items = node->items("a list of paths");
  if (items.size() > kMostPaths) return node->complain(fmt::format("wanted at most {} paths", kMostPaths));
  for (const SettingsNode& item : items) {
    auto text = item.text("an absolute path");
    if (!text) continue;
    const bool good =
        text->starts_with('/') && text->find_first_of(std::string_view("\n\0", 2)) == std::string::npos;
    if (!good) {
      item.refuse("an absolute path");
      continue;
    }
    paths.push_back(std::move(*text));
  }
}

void read_trigger(const SettingsNode& node, std::span<const TriggerKind> kinds, WallTime now, FunctionFile& file) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : node.members("an object {...}")) keys.push_back(key);
  for (const TriggerKind& kind : kinds) {
    if (std::ranges::count(keys, kind.key) > 0) return kind.read(node, now, file);
  }
  if (!node.is_object()) return;
  std::string wanted;
  std::vector<std::string> kind_keys;
  for (const TriggerKind& kind : kinds) {
    wanted += fmt::format("{}\"{}\"", wanted.empty() ? "" : ", ", kind.key);
    kind_keys.push_back(kind.key);
  }
  std::string hint;
  for (const std::string& key : keys) {
    if (hint.empty() && !did_you_mean(key, kind_keys).empty()) {
      hint = fmt::format("; {} is not known here{}", in_quotes(key), did_you_mean(key, kind_keys));
    }
  }
  node.complain(fmt::format("no kind of trigger has these keys, wanted {}{}{}", kinds.size() > 1 ? "one of " : "",
                            wanted, hint));
}

void read_triggers(SettingsObject& object, std::span<const TriggerKind> kinds, WallTime now, FunctionFile& file) {
  auto node = object.find("Triggers");
  if (!node) return;
  std::vector<SettingsNode> items = node->items("a list of triggers");
  if (items.size() > kMostTriggers) return node->complain(fmt::format("wanted at most {} triggers", kMostTriggers));
  for (const SettingsNode& item : items) read_trigger(item, kinds, now, file);
}

// Returns whether some were missing.
bool check_streams(const FunctionFile& file, const Catalogue& catalogue) {
  bool missing = false;
  std::vector<std::string> names;
  for (const StreamMention& mention : file.streams) {
    if (catalogue.find(mention.stream) != nullptr) continue;
    if (!missing) {
      for (const StreamRef& stream : catalogue.list()) names.push_back(stream->name);
    }
    missing = true;
    mention.place.complain(
        fmt::format("there is no stream \"{}\"{}", mention.stream, did_you_mean(mention.stream, names)));
  }
  return missing;
}

}  // namespace

JudgedSettings read_function_settings(std::string_view text, std::span<const TriggerKind> kinds,
                                      const Catalogue& catalogue, WallTime now, SettingsProblems& problems) {
  FunctionFile file;
  SettingsDocument document = SettingsDocument::parse(text, problems);
  SettingsObject object(document.root());
  object.duration("Timeout", file.settings.timeout, 1, 900);
  object.integer("MemorySize", file.settings.memory_mb, 128, 10'240);
  object.integer("Workers", file.settings.workers, 1, 1'000);
  read_isolation(object, file.settings);
  read_outputs(object, file);
  read_environment(object, file.settings);
  read_paths(object, "ReadPaths", file.settings.read_paths);
  read_paths(object, "WritePaths", file.settings.write_paths);
  read_triggers(object, kinds, now, file);
  object.finish();
  bool waits = check_streams(file, catalogue);
  return {std::move(file.settings), waits};
}

}  // namespace shardmill::deploy
