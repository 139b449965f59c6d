#include "dispatch/filter/walk.h"

#include <optional>

namespace shardmill::filter {
namespace {

// What of `key` is left after the step `name`; nothing if it goes elsewhere.
std::optional<std::string_view> after_step(std::string_view key, std::string_view name) {
  if (!key.starts_with(name)) return std::nullopt;
  key.remove_prefix(name.size());
  if (key.empty()) return key;
  if (key.front() != '.') return std::nullopt;
  return key.substr(1);
}

}  // namespace

void descend(const View& view, std::string_view name, Views& out) {
  if (!view.pending.empty()) {
    if (auto rest = after_step(view.pending, name)) out.push_back({view.value, *rest});
    return;
  }
  simdjson::dom::object fields;
  if (view.value.get(fields) != simdjson::SUCCESS) return;
  std::optional<std::size_t> exact;
  for (auto [key, value] : fields) {
    auto rest = after_step(key, name);
    if (!rest) continue;
    if (!rest->empty()) {
      out.push_back({value, *rest});
    } else if (exact) {
      out[*exact].value = value;
    } else {
      exact = out.size();
      out.push_back({value, {}});
    }
  }
}

}  // namespace shardmill::filter
