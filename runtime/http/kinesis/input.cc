#include "http/kinesis/input.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

namespace shardmill::http::kinesis {

std::int32_t to_java_integer(double number) {
  constexpr double kLow = std::numeric_limits<std::int32_t>::min();
  constexpr double kHigh = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::clamp(std::trunc(number), kLow, kHigh));
}

const nlohmann::json* Input::find(std::string_view name) const {
  auto at = members_->find(name);
  return at == members_->end() || at->is_null() ? nullptr : &*at;
}

std::optional<std::string> Input::text(std::string_view name) const {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  return value->get_ref<const std::string&>();
}

std::string_view Input::view(std::string_view name) const {
  const nlohmann::json* value = find(name);
  return value == nullptr ? std::string_view() : std::string_view(value->get_ref<const std::string&>());
}

std::optional<std::int32_t> Input::integer(std::string_view name) const {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  return to_java_integer(value->get<double>());
}

std::optional<WallTime> Input::time(std::string_view name) const {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  // Bounded so that later sums of times cannot overflow.
  double ms = std::clamp(std::round(value->get<double>() * 1000), 0.0, 1e15);
  return WallTime{static_cast<std::int64_t>(ms)};
}

std::vector<std::string> Input::texts(std::string_view name) const {
  std::vector<std::string> out;
  const nlohmann::json* value = find(name);
  if (value == nullptr) return out;
  for (const nlohmann::json& element : *value) {
    if (!element.is_null()) out.push_back(element.get_ref<const std::string&>());
  }
  return out;
}

std::map<std::string, std::string> Input::text_map(std::string_view name) const {
  std::map<std::string, std::string> out;
  const nlohmann::json* value = find(name);
  if (value == nullptr) return out;
  for (const auto& [key, element] : value->items()) {
    out.emplace(key, element.is_null() ? std::string() : element.get_ref<const std::string&>());
  }
  return out;
}

std::optional<Input> Input::structure(std::string_view name) const {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  return Input(*value);
}

std::vector<Input> Input::structures(std::string_view name) const {
  std::vector<Input> out;
  const nlohmann::json* value = find(name);
  if (value == nullptr) return out;
  for (const nlohmann::json& element : *value) {
    if (!element.is_null()) out.emplace_back(element);
  }
  return out;
}

}  // namespace shardmill::http::kinesis
