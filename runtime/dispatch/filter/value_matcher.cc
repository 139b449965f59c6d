#include "dispatch/filter/value_matcher.h"

#include <locale.h>
#include <wctype.h>

#include "base/utf8.h"

namespace shardmill::filter {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::optional<std::string_view> text_of(const element& value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<double> number_of(const element& value) {
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

struct Judge {
  const element& value;

  bool operator()(const IsNull&) const { return value.is_null(); }
  bool operator()(const IsBool& wanted) const {
    bool found = false;
    return value.get(found) == simdjson::SUCCESS && found == wanted.value;
  }
  bool operator()(const IsText& wanted) const { return text_of(value) == wanted.text; }
  bool operator()(const IsNumber& wanted) const {
    if (const auto* whole = std::get_if<std::int64_t>(&wanted.value)) {
      std::int64_t found = 0;
      return value.type() == element_type::INT64 && value.get(found) == simdjson::SUCCESS && found == *whole;
    }
    return value.type() == element_type::DOUBLE && number_of(value) == std::get<double>(wanted.value);
  }
  bool operator()(const HasPrefix& wanted) const {
    auto text = text_of(value);
    return text &&
           (wanted.ignore_case ? fold_case(*text).starts_with(wanted.text) : text->starts_with(wanted.text));
  }
  bool operator()(const HasSuffix& wanted) const {
    auto text = text_of(value);
    return text && (wanted.ignore_case ? fold_case(*text).ends_with(wanted.text) : text->ends_with(wanted.text));
  }
  bool operator()(const EqualsIgnoringCase& wanted) const {
    auto text = text_of(value);
    return text && fold_case(*text) == wanted.folded;
  }
  bool operator()(const Wildcard& wanted) const {
    auto text = text_of(value);
    return text && wanted.matches(*text);
  }
  bool operator()(const Cidr& wanted) const {
    auto text = text_of(value);
    return text && wanted.contains(*text);
  }
  bool operator()(const InRange& wanted) const {
    auto found = number_of(value);
    if (!found) return false;
    if (wanted.low && (wanted.low->inclusive ? *found < wanted.low->value : *found <= wanted.low->value))
      return false;
    return !wanted.high || (wanted.high->inclusive ? *found <= wanted.high->value : *found < wanted.high->value);
  }
  bool operator()(const Exists& exists) const { return exists.wanted; }
  bool operator()(const AnythingBut& but) const {
    for (const ValueMatcher& excluded : but.excluded) {
      if (matches(excluded, value)) return false;
    }
    return true;
  }
};

}  // namespace

std::string fold_case(std::string_view text) {
  // Letters fold the same everywhere, whatever the user's locale is.
  static const locale_t kUnicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    Utf8Step step = next_utf8(text);
    if (step.valid && step.code >= 'A' && step.code <= 'Z') {
      folded += static_cast<char>(step.code + ('a' - 'A'));
    } else if (step.valid && step.code >= 0x80 && kUnicode != nullptr) {
      append_utf8(folded, static_cast<char32_t>(towlower_l(static_cast<wint_t>(step.code), kUnicode)));
    } else {
      folded.append(text.substr(0, step.bytes));
    }
    text.remove_prefix(step.bytes);
  }
  return folded;
}

bool matches(const ValueMatcher& matcher, const element& value) {
  return std::visit(Judge{value}, matcher);
}

}  // namespace shardmill::filter
