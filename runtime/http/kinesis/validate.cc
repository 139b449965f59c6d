#include "http/kinesis/validate.h"

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "http/kinesis/input.h"

namespace shardmill::http::kinesis {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostErrors = 10;            // AWS lists no more in one answer
constexpr std::size_t kMostShown = 64 * 1024;      // bytes of a refused value in a message
constexpr std::size_t kMostElementsShown = 1'000;  // of a refused list or map

// The start of a long text, without half a character at its end.
std::string clipped(const std::string& text) {
  if (text.size() <= kMostShown) return text;
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

// ---- types -----------------------------------------------------------------------------------------------------

using TypeProblem = std::optional<std::string>;

constexpr std::string_view kNotList = "Start of list found where not expected";
constexpr std::string_view kNotStructure = "Start of structure or map found where not expected.";
constexpr std::string_view kNumberClass = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber";

TypeProblem not_converted(const Json& value, std::string_view to) {
  if (value.is_array()) return std::string(kNotList);
  if (value.is_object()) return std::string(kNotStructure);
  std::string_view from = value.is_boolean()  ? "class java.lang.Boolean"
                          : value.is_string() ? "class java.lang.String"
                                              : kNumberClass;
  return fmt::format("{} can not be converted to {}", from, to);
}

TypeProblem blob_problem(const std::string& text) {
  std::string shown = clipped(text);
  if (text.size() % 4 != 0) {
    return fmt::format(
        "'{}' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes "
        "but found: {}",
        shown, text.size());
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool known = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    bool padding = c == '=' && (i + 1 == text.size() || text[i + 1] == '=');
    if (!known && !padding) {
      return fmt::format("'{}' can not be converted to a Blob: Invalid Base64 character: '{}'", shown, c);
    }
  }
  if (!base64_decode(text)) {
    return fmt::format("'{}' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
                       shown);
  }
  return std::nullopt;
}

TypeProblem boolean_problem(const Json& value) {
  if (value.is_boolean()) return std::nullopt;
  if (!value.is_string()) return not_converted(value, "an Boolean");
  std::string upper = clipped(value.get_ref<const std::string&>());
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return fmt::format("'{}' can not be converted to an Boolean", upper);
}

TypeProblem check_types(const Json& object, std::span<const Member> shape);

TypeProblem list_problem(const Json& value, const Member& member) {
  if (value.is_object()) return std::string(kNotStructure);
  if (!value.is_array()) return "Expected list or null";
  for (const Json& element : value) {
    TypeProblem problem;
    if (element.is_null()) continue;
    if (member.element == Type::string) {
      if (!element.is_string()) problem = not_converted(element, "an String");
    } else if (element.is_array()) {
      problem = std::string(kNotList);
    } else if (!element.is_object()) {
      problem = "Expected null";
    } else {
      problem = check_types(element, member.members);
    }
    if (problem) return problem;
  }
  return std::nullopt;
}

TypeProblem map_problem(const Json& value) {
  if (value.is_array()) return std::string(kNotList);
  if (!value.is_object()) return "Expected map or null";
  for (const Json& element : value) {
    if (!element.is_null() && !element.is_string()) return not_converted(element, "an String");
  }
  return std::nullopt;
}

TypeProblem check_type(const Json& value, const Member& member) {
  switch (member.type) {
    case Type::boolean:
      return boolean_problem(value);
    case Type::integer:
      return value.is_number() ? std::nullopt : not_converted(value, "an Integer");
    case Type::string:
      return value.is_string() ? std::nullopt : not_converted(value, "an String");
    case Type::blob:
      return value.is_string() ? blob_problem(value.get_ref<const std::string&>()) : not_converted(value, "a Blob");
    case Type::timestamp:
      return value.is_number() ? std::nullopt : not_converted(value, "milliseconds since epoch");
    case Type::list:
      return list_problem(value, member);
    case Type::map:
      return map_problem(value);
    case Type::structure:
      if (value.is_array()) return std::string(kNotList);
      if (!value.is_object()) return "Expected null";
      return check_types(value, member.members);
  }
  return std::nullopt;
}

TypeProblem check_types(const Json& object, std::span<const Member> shape) {
  for (const Member& member : shape) {
    auto at = object.find(member.name);
    if (at == object.end() || at->is_null()) continue;
    if (TypeProblem problem = check_type(*at, member)) return problem;
  }
  return std::nullopt;
}

// ---- constraints -----------------------------------------------------------------------------------------------

std::string_view pattern_text(Pattern pattern) {
  switch (pattern) {
    case Pattern::none:
      return "";
    case Pattern::name:
      return "[a-zA-Z0-9_.-]+";
    case Pattern::hash_key:
      return "0|([1-9]\\d{0,38})";
    case Pattern::sequence_number:
      return "0|([1-9]\\d{0,128})";
    case Pattern::stream_arn:
      return "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+";
    case Pattern::resource_arn:
      return "arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+";
    case Pattern::stream_id:
      return "[a-z0-9]{20}-[a-z0-9]{3}";
  }
  return "";
}

std::string lower_first(std::string_view name) {
  std::string text(name);
  if (!text.empty()) text[0] = to_lower(text[0]);
  return text;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// A value as Java prints it in these messages.
std::string shown(const Json& value, const Member& member) {
  if (member.type == Type::blob) {
    std::size_t size = base64_decoded_size(value.get_ref<const std::string&>()).value_or(0);
    return fmt::format("java.nio.HeapByteBuffer[pos=0 lim={} cap={}]", size, size);
  }
  if (member.type == Type::integer) return std::to_string(to_java_integer(value.get<double>()));
  std::string text;
  if (value.is_array() || value.is_object()) {
    std::size_t count = 0;
    for (const auto& [key, element] : value.items()) {
      if (++count > kMostElementsShown || text.size() > kMostShown) break;
      if (!text.empty()) text += ", ";
      if (value.is_object()) text += key + "=";
      text += member.element_shown.empty() ? text_of(element) : std::string(member.element_shown);
    }
    text = value.is_array() ? "[" + text + "]" : "{" + text + "}";
  } else {
    text = text_of(value);
  }
  return clipped(text);
}

std::int64_t length_of(const Json& value, const Member& member) {
  if (member.type == Type::integer) return to_java_integer(value.get<double>());
  if (member.type == Type::blob) {
    return static_cast<std::int64_t>(base64_decoded_size(value.get_ref<const std::string&>()).value_or(0));
  }
  if (value.is_string()) return static_cast<std::int64_t>(utf16_length(value.get_ref<const std::string&>()));
  return static_cast<std::int64_t>(value.size());
}

bool is_inside(std::int64_t value, const Range& range) {
  return value >= range.min && value <= range.max;
}

std::string both_lengths(std::string_view what, const Range& range) {
  return fmt::format(
      "{} must satisfy constraint: [Member must have length less than or equal to {}, Member must have "
      "length greater than or equal to {}]",
      what, range.max, range.min);
}

// Walks a request and gathers what it violates.
class Constraints {
 public:
  void check(const Json& object, std::span<const Member> shape, const std::string& path) {
    for (const Member& member : shape) {
      auto at = object.find(member.name);
      bool absent = at == object.end() || at->is_null();
      std::string name = path + lower_first(member.name);
      if (!absent) check(*at, member, name);
      if (absent && member.required) add(fmt::format("Value null at '{}'", name), "Member must not be null");
    }
  }

  [[nodiscard]] std::optional<ApiError> result() const {
    if (problems_.empty()) return std::nullopt;
    return ApiError{ErrorType::validation,
                    fmt::format("{} validation error{} detected: {}", problems_.size(),
                                problems_.size() > 1 ? "s" : "", fmt::join(problems_, "; "))};
  }

 private:
  void check(const Json& value, const Member& member, const std::string& name) {
    std::vector<std::string> violated;
    if (member.pattern != Pattern::none && !matches(member.pattern, value.get_ref<const std::string&>())) {
      violated.push_back(
          fmt::format("Member must satisfy regular expression pattern: {}", pattern_text(member.pattern)));
    }
    if (std::int64_t size = is_measured(member) ? length_of(value, member) : 0; is_measured(member)) {
      std::string_view what = member.type == Type::integer ? "value" : "length";
      if (size < member.range.min) {
        violated.push_back(fmt::format("Member must have {} greater than or equal to {}", what, member.range.min));
      }
      if (size > member.range.max) {
        violated.push_back(fmt::format("Member must have {} less than or equal to {}", what, member.range.max));
      }
    }
    if (!member.one_of.empty() && std::ranges::find(member.one_of, text_of(value)) == member.one_of.end()) {
      violated.push_back(fmt::format("Member must satisfy enum value set: [{}]", fmt::join(member.one_of, ", ")));
    }
    check_elements(value, member, violated);
    for (const std::string& rule : violated)
      add(fmt::format("Value '{}' at '{}'", shown(value, member), name), rule);
    descend(value, member, name);
  }

  static bool is_measured(const Member& member) {
    return member.range.min != kAny.min || member.range.max != kAny.max;
  }

  static void check_elements(const Json& value, const Member& member, std::vector<std::string>& violated) {
    auto length = [](std::string_view text) { return static_cast<std::int64_t>(utf16_length(text)); };
    bool keys = true;
    bool values = true;
    if (member.type == Type::list && member.element == Type::string) {
      for (const Json& element : value) keys = keys && is_inside(length(text_of(element)), member.element_length);
      if (!keys) violated.push_back(both_lengths("Member", member.element_length));
    }
    if (member.type == Type::map) {
      for (const auto& [key, element] : value.items()) {
        keys = keys && is_inside(length(key), member.element_length);
        values = values && (element.is_null() || is_inside(length(text_of(element)), member.value_length));
      }
      if (!keys) violated.push_back(both_lengths("Map keys", member.element_length));
      if (!values) violated.push_back(both_lengths("Map value", member.value_length));
    }
  }

  void descend(const Json& value, const Member& member, const std::string& name) {
    if (member.type == Type::structure) check(value, member.members, name + ".");
    if (member.type != Type::list || member.element != Type::structure) return;
    for (std::size_t i = 0; i < value.size() && problems_.size() < kMostErrors; ++i) {
      if (!value[i].is_null()) check(value[i], member.members, fmt::format("{}.{}.member.", name, i + 1));
    }
  }

  void add(std::string where, std::string_view rule) {
    if (problems_.size() >= kMostErrors) return;
    problems_.push_back(fmt::format("{} failed to satisfy constraint: {}", where, rule));
  }

  std::vector<std::string> problems_;
};

}  // namespace

std::optional<ApiError> validate(const Json& request, std::span<const Member> shape) {
  if (TypeProblem problem = check_types(request, shape)) return ApiError{ErrorType::serialization, *problem};
  Constraints constraints;
  constraints.check(request, shape, "");
  return constraints.result();
}

}  // namespace shardmill::http::kinesis
