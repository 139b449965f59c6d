// One entry of a pattern's value list: judges one scalar of an event.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <simdjson.h>

#include "dispatch/filter/cidr.h"
#include "dispatch/filter/wildcard.h"

namespace shardmill::filter {

struct IsNull {};
struct IsBool {
  bool value;
};
struct IsText {
  std::string text;
};
// Numbers are equal when their kinds (whole or not) and values are: 300 is not 300.0.
struct IsNumber {
  std::variant<std::int64_t, double> value;
};
struct HasPrefix {
  std::string text;  // folded when ignore_case
  bool ignore_case;
};
struct HasSuffix {
  std::string text;  // folded when ignore_case
  bool ignore_case;
};
struct EqualsIgnoringCase {
  std::string folded;
};
struct InRange {
  struct Bound {
    double value;
    bool inclusive;
  };
  std::optional<Bound> low, high;
};
struct Exists {
  bool wanted;
};
struct AnythingBut;

using ValueMatcher = std::variant<IsNull, IsBool, IsText, IsNumber, HasPrefix, HasSuffix, EqualsIgnoringCase,
                                  Wildcard, Cidr, InRange, Exists, AnythingBut>;

// Present, and none of these.
struct AnythingBut {
  std::vector<ValueMatcher> excluded;
};

// `value` is a string, number, boolean or null.
[[nodiscard]] bool matches(const ValueMatcher& matcher, const simdjson::dom::element& value);

// Letters without their case: what equals-ignore-case compares.
[[nodiscard]] std::string fold_case(std::string_view text);

}  // namespace shardmill::filter
