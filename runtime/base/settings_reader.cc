#include "base/settings_reader.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/iso_time.h"
#include "base/nearest.h"
#include "base/settings_tree.h"

namespace shardmill {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestShown = 60;  // bytes of a value that a problem repeats

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kLongestShown) text = text.substr(0, kLongestShown) + "...";
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return value.empty() ? "{}" : "an object " + text;
    case Json::value_t::array:
      return value.empty() ? "[]" : "a list " + text;
    default:
      return text + " (" + value.type_name() + ")";
  }
}

std::string listed(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += '"' + words[i] + '"';
  }
  return text;
}

// Integers are also accepted as 100.0, which some tools write.
std::optional<std::int64_t> whole(const Json& value) {
  if (value.is_number_unsigned()) {
    auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    auto number = value.get<double>();
    if (std::floor(number) == number && std::abs(number) < 9e15) return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string start(text.substr(0, kLongestShown));
  return Json(std::move(start)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string grouped(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > (number < 0 ? 4U : 3U);) digits.insert(at -= 3, 1, ',');
  return digits;
}

// ---- one value -------------------------------------------------------------------------------------------------

std::optional<std::int64_t> SettingsNode::integer(std::int64_t low, std::int64_t high) const {
  std::optional<std::int64_t> number = whole(*value_);
  if (number && *number >= low && *number <= high) return number;
  std::string_view kind = value_->is_number_float() ? "whole number" : "number";
  refuse(fmt::format("a {} from {} to {}", kind, grouped(low), grouped(high)));
  return std::nullopt;
}

std::optional<bool> SettingsNode::boolean() const {
  if (value_->is_boolean()) return value_->get<bool>();
  refuse("true or false");
  return std::nullopt;
}

std::optional<std::string> SettingsNode::text(std::string_view wanted) const {
  if (value_->is_string()) return value_->get<std::string>();
  refuse(wanted);
  return std::nullopt;
}

std::optional<std::size_t> SettingsNode::choice(std::span<const std::string> choices) const {
  if (value_->is_string()) {
    const auto& word = value_->get_ref<const std::string&>();
    auto at = std::ranges::find(choices, word);
    if (at != choices.end()) return static_cast<std::size_t>(at - choices.begin());
    complain(fmt::format("found {}, wanted {}{}", shown(*value_), listed(choices), did_you_mean(word, choices)));
    return std::nullopt;
  }
  refuse(listed(choices));
  return std::nullopt;
}

std::optional<std::int64_t> SettingsNode::timestamp_ms() const {
  constexpr double kLatestSeconds = 253402300799;  // the end of the year 9999
  if (value_->is_number()) {
    auto seconds = value_->get<double>();
    if (seconds >= 0 && seconds <= kLatestSeconds) return std::llround(seconds * 1000);
  }
  if (value_->is_string()) {
    if (auto ms = parse_iso_time(value_->get_ref<const std::string&>())) return ms;
  }
  refuse("a time: seconds since 1970, or \"2026-01-31T12:00:00Z\"");
  return std::nullopt;
}

std::vector<SettingsNode> SettingsNode::items(std::string_view wanted) const {
  std::vector<SettingsNode> nodes;
  if (!value_->is_array()) {
    refuse(wanted);
    return nodes;
  }
  for (std::size_t i = 0; i < value_->size(); ++i) {
    nodes.emplace_back((*value_)[i], fmt::format("{}[{}]", path_, i), *problems_);
  }
  return nodes;
}

std::vector<std::pair<std::string, SettingsNode>> SettingsNode::members(std::string_view wanted) const {
  std::vector<std::pair<std::string, SettingsNode>> nodes;
  if (!value_->is_object()) {
    refuse(wanted);
    return nodes;
  }
  for (const auto& [key, value] : value_->items()) nodes.emplace_back(key, below(value, key));
  return nodes;
}

void SettingsNode::refuse(std::string_view wanted) const {
  complain(fmt::format("found {}, wanted {}", shown(*value_), wanted));
}

bool SettingsNode::is_object() const {
  return value_->is_object();
}
bool SettingsNode::is_array() const {
  return value_->is_array();
}
bool SettingsNode::is_text() const {
  return value_->is_string();
}

SettingsNode SettingsNode::below(const Json& value, std::string_view key) const {
  return {value, path_below(path_, key), *problems_};
}

// ---- an object of known keys -----------------------------------------------------------------------------------

SettingsObject::SettingsObject(const SettingsNode& node) : node_(node), is_object_(node.value_->is_object()) {
  if (!is_object_) node.refuse("an object {...}");
}

std::optional<SettingsNode> SettingsObject::find(std::string_view key) {
  known_.emplace(key);
  if (!is_object_) return std::nullopt;
  auto at = node_.value_->find(key);
  if (at == node_.value_->end()) return std::nullopt;
  return node_.below(*at, key);
}

std::optional<SettingsNode> SettingsObject::need(std::string_view key, std::string_view wanted) {
  std::optional<SettingsNode> node = find(key);
  if (!node && is_object_) node_.complain(fmt::format("\"{}\" is missing, wanted {}", key, wanted));
  return node;
}

void SettingsObject::boolean(std::string_view key, bool& target) {
  if (auto node = find(key)) target = node->boolean().value_or(target);
}

void SettingsObject::text(std::string_view key, std::string& target, std::string_view wanted) {
  if (auto node = find(key)) {
    if (auto value = node->text(wanted)) target = std::move(*value);
  }
}

void SettingsObject::finish() const {
  if (!is_object_) return;
  std::vector<std::string> known(known_.begin(), known_.end());
  for (const auto& [key, value] : node_.value_->items()) {
    if (known_.contains(key)) continue;
    std::string hint = did_you_mean(key, known);
    if (hint.empty()) hint = "; known here: " + listed(known);
    node_.complain(fmt::format("{} is not known here{}", in_quotes(key), hint));
  }
}

// ---- a file ----------------------------------------------------------------------------------------------------

SettingsDocument SettingsDocument::parse(std::string_view text, SettingsProblems& problems) {
  return {std::make_unique<Json>(parse_settings_tree(text, problems)), problems};
}

SettingsDocument::SettingsDocument(std::unique_ptr<Json> value, SettingsProblems& problems)
    : value_(std::move(value)), problems_(&problems) {}
SettingsDocument::SettingsDocument(SettingsDocument&&) noexcept = default;
SettingsDocument& SettingsDocument::operator=(SettingsDocument&&) noexcept = default;
SettingsDocument::~SettingsDocument() = default;

SettingsNode SettingsDocument::root() const {
  return {*value_, "", *problems_};
}

}  // namespace shardmill
