// Compiles patterns. What is refused, and how it is worded, follows EventBridge and its open matching library.
#include <array>
#include <initializer_list>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dispatch/filter/event_pattern.h"

namespace shardmill::filter {
namespace {

// Keeps the order of keys, which decides between two that lead to one place.
using json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 9> kOperators = {
    "exists", "prefix", "suffix", "anything-but", "equals-ignore-case", "wildcard", "cidr", "numeric", "exactly"};

bool is_operator(std::string_view key) {
  for (std::string_view known : kOperators) {
    if (key == known) return true;
  }
  return false;
}

std::unexpected<Error> refuse(const std::string& path, std::string_view what) {
  return fail(Errc::invalid, path.empty() ? std::string(what) : fmt::format("{}: {}", path, what));
}

Result<std::string> need_text(const json& value, const std::string& path) {
  if (!value.is_string()) return refuse(path, fmt::format("found {}, wanted a string", value.dump()));
  return value.get<std::string>();
}

Result<ValueMatcher> compile_number(const json& value) {
  if (value.is_number_integer() && !value.is_number_unsigned()) return IsNumber{value.get<std::int64_t>()};
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX) {
    return IsNumber{value.get<std::int64_t>()};
  }
  return IsNumber{value.get<double>()};
}

// {"prefix": "x"} and {"prefix": {"equals-ignore-case": "x"}}; the same for suffix.
template <class Affix>
Result<ValueMatcher> compile_affix(const json& value, const std::string& path) {
  if (value.is_object() && value.size() == 1 && value.contains("equals-ignore-case")) {
    auto text = need_text(value["equals-ignore-case"], path + ".equals-ignore-case");
    if (!text) return std::unexpected(text.error());
    return Affix{fold_case(*text), true};
  }
  auto text = need_text(value, path);
  if (!text) return std::unexpected(text.error());
  return Affix{std::move(*text), false};
}

Result<ValueMatcher> compile_wildcard(const json& value, const std::string& path) {
  auto text = need_text(value, path);
  if (!text) return std::unexpected(text.error());
  auto glob = Wildcard::compile(*text);
  if (!glob) return refuse(path, glob.error().text);
  return std::move(*glob);
}

Result<ValueMatcher> compile_cidr(const json& value, const std::string& path) {
  auto text = need_text(value, path);
  if (!text) return std::unexpected(text.error());
  auto cidr = Cidr::parse(*text);
  if (!cidr) return refuse(path, cidr.error().text);
  return *cidr;
}

Result<ValueMatcher> compile_ignore_case(const json& value, const std::string& path) {
  auto text = need_text(value, path);
  if (!text) return std::unexpected(text.error());
  return EqualsIgnoringCase{fold_case(*text)};
}

Result<ValueMatcher> compile_exists(const json& value, const std::string& path) {
  if (!value.is_boolean()) return refuse(path, fmt::format("found {}, wanted true or false", value.dump()));
  return Exists{value.get<bool>()};
}

// ["=", n], or a lower bound, an upper bound, or both in that order.
Result<ValueMatcher> compile_numeric(const json& value, const std::string& path) {
  constexpr std::string_view kWanted =
      "wanted one or two pairs of operator and number, as in [\">\", 0, \"<=\", 5]";
  if (!value.is_array() || (value.size() != 2 && value.size() != 4)) return refuse(path, kWanted);
  InRange range;
  for (std::size_t i = 0; i < value.size(); i += 2) {
    std::string here = fmt::format("{}[{}]", path, i);
    if (!value[i].is_string() || !value[i + 1].is_number()) return refuse(here, kWanted);
    const auto& op = value[i].get_ref<const std::string&>();
    InRange::Bound bound{value[i + 1].get<double>(), op.size() == 2};
    if (op == "=" && value.size() == 2) {
      range.low = range.high = InRange::Bound{bound.value, true};
    } else if ((op == ">" || op == ">=") && i == 0) {
      range.low = bound;
    } else if ((op == "<" || op == "<=") && !range.high) {
      range.high = bound;
    } else {
      return refuse(here, fmt::format("operator {} is not possible here", value[i].dump()));
    }
  }
  if (value.size() == 4 && range.low->value >= range.high->value) {
    return refuse(path, "the lower bound must be below the upper bound");
  }
  return range;
}

Result<ValueMatcher> compile_operator(const std::string& name, const json& value, const std::string& path);

// The values of an anything-but: text or numbers, alone or as a list of one kind.
Result<ValueMatcher> compile_anything_but_values(const json& values, const std::string& path) {
  AnythingBut but;
  for (const json& value : values) {
    bool same = value.is_string() ? values[0].is_string() : value.is_number() && values[0].is_number();
    if (!same) return refuse(path, "wanted strings, or numbers, not both and nothing else");
    if (value.is_string()) {
      but.excluded.emplace_back(IsText{value.get<std::string>()});
    } else {
      double number = value.get<double>();
      but.excluded.emplace_back(InRange{InRange::Bound{number, true}, InRange::Bound{number, true}});
    }
  }
  return but;
}

// {"anything-but": {"prefix": "x"}}, or a list of strings in place of the one.
Result<ValueMatcher> compile_anything_but_operator(const std::string& name, const json& value,
                                                   const std::string& path) {
  if (name != "prefix" && name != "suffix" && name != "equals-ignore-case" && name != "wildcard") {
    return refuse(path, "unsupported inside anything-but");
  }
  AnythingBut but;
  json values = value.is_array() ? value : json::array({value});
  if (values.empty()) return refuse(path, "wanted at least one value");
  for (const json& each : values) {
    auto text = need_text(each, path);
    if (!text) return std::unexpected(text.error());
    if (text->empty() && name.ends_with("fix")) return refuse(path, "an empty string excludes everything");
    auto excluded = compile_operator(name, each, path);
    if (!excluded) return excluded;
    but.excluded.push_back(std::move(*excluded));
  }
  return but;
}

Result<ValueMatcher> compile_anything_but(const json& value, const std::string& path) {
  if (value.is_object()) {
    if (value.size() != 1) return refuse(path, "wanted one operator");
    return compile_anything_but_operator(value.begin().key(), value.begin().value(),
                                         path + "." + value.begin().key());
  }
  json values = value.is_array() ? value : json::array({value});
  if (values.empty()) return refuse(path, "wanted at least one value");
  return compile_anything_but_values(values, path);
}

Result<ValueMatcher> compile_operator(const std::string& name, const json& value, const std::string& path) {
  if (name == "exists") return compile_exists(value, path);
  if (name == "prefix") return compile_affix<HasPrefix>(value, path);
  if (name == "suffix") return compile_affix<HasSuffix>(value, path);
  if (name == "anything-but") return compile_anything_but(value, path);
  if (name == "equals-ignore-case") return compile_ignore_case(value, path);
  if (name == "wildcard") return compile_wildcard(value, path);
  if (name == "cidr") return compile_cidr(value, path);
  if (name == "numeric") return compile_numeric(value, path);
  if (name == "exactly") {
    auto text = need_text(value, path);
    if (!text) return std::unexpected(text.error());
    return IsText{std::move(*text)};
  }
  return refuse(path, "unrecognized match type");
}

Result<ValueMatcher> compile_value(const json& value, const std::string& path) {
  if (value.is_null()) return IsNull{};
  if (value.is_boolean()) return IsBool{value.get<bool>()};
  if (value.is_string()) return IsText{value.get<std::string>()};
  if (value.is_number()) return compile_number(value);
  if (!value.is_object()) return refuse(path, "a list inside a list of values is not possible");
  if (value.size() != 1) return refuse(path, "wanted one operator in a match expression");
  return compile_operator(value.begin().key(), value.begin().value(), path + "." + value.begin().key());
}

Result<void> compile_leaf(const json& values, const std::string& path, PatternNode& leaf) {
  if (values.empty()) return refuse(path, "an empty list matches nothing");
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto matcher = compile_value(values[i], fmt::format("{}[{}]", path, i));
    if (!matcher) return std::unexpected(matcher.error());
    leaf.values.push_back(std::move(*matcher));
  }
  leaf.text = values.dump();
  return {};
}

// A `$or` counts as one when it lists two objects or more, none of which looks like a match expression; anything else
// is a plain key of that name.
bool is_alternatives(const json& value) {
  if (!value.is_array() || value.size() < 2) return false;
  for (const json& each : value) {
    if (!each.is_object() || each.empty()) return false;
    for (const auto& [key, below] : each.items()) {
      if (is_operator(key)) return false;
    }
  }
  return true;
}

Result<void> compile_object(const json& object, const std::string& path, PatternNode& node);

PatternNode* find_leaf(PatternNode& node, std::string_view name) {
  for (PatternNode& key : node.keys) {
    if (key.name == name && key.is_leaf()) return &key;
  }
  return nullptr;
}

// A key beside a `$or` and the same key in one of its alternatives: the later one replaces the earlier one, in that
// alternative only.
void replace_by_alternatives(PatternNode& node, std::vector<PatternNode>& alternatives) {
  std::erase_if(node.keys, [&](const PatternNode& key) {
    if (!key.is_leaf()) return false;
    bool replaced = false;
    for (PatternNode& each : alternatives) replaced = replaced || find_leaf(each, key.name) != nullptr;
    if (!replaced) return false;
    for (PatternNode& each : alternatives) {
      if (find_leaf(each, key.name) == nullptr) each.keys.push_back(key);
    }
    return true;
  });
}

Result<void> compile_alternatives(const json& list, const std::string& path, PatternNode& node) {
  std::vector<PatternNode>& alternatives = node.any_of.emplace_back();
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto done = compile_object(list[i], fmt::format("{}[{}]", path, i), alternatives.emplace_back());
    if (!done) return done;
  }
  replace_by_alternatives(node, alternatives);
  return {};
}

// A key with dots is the path of its parts. Two keys that lead to one place both count.
PatternNode& add_path(PatternNode& node, std::string_view key) {
  PatternNode* at = &node;
  for (;;) {
    std::size_t dot = key.find('.');
    at = &at->keys.emplace_back();
    at->name = key.substr(0, dot);
    if (dot == std::string_view::npos) return *at;
    key.remove_prefix(dot + 1);
  }
}

Result<void> compile_object(const json& object, const std::string& path, PatternNode& node) {
  if (object.empty()) return refuse(path, "an empty object is not possible in a pattern");
  for (const auto& [key, value] : object.items()) {
    std::string here = path.empty() ? key : fmt::format("{}.{}", path, key);
    Result<void> done;
    if (key == "$or" && is_alternatives(value)) {
      done = compile_alternatives(value, here, node);
    } else if (value.is_array()) {
      done = compile_leaf(value, here, add_path(node, key));
    } else if (value.is_object()) {
      done = compile_object(value, here, add_path(node, key));
    } else {
      return refuse(here, fmt::format("found {}, wanted an object or a list of values", value.dump()));
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<EventPattern> EventPattern::compile(std::string_view text) {
  json pattern;
  try {
    pattern = json::parse(text);
  } catch (const json::parse_error& error) {
    return fail(Errc::invalid, fmt::format("byte {}: not JSON", error.byte));
  }
  if (!pattern.is_object()) return fail(Errc::invalid, "found " + pattern.dump() + ", wanted an object");
  EventPattern compiled;
  auto done = compile_object(pattern, "", compiled.root_);
  if (!done) return std::unexpected(done.error());
  return compiled;
}

}  // namespace shardmill::filter
