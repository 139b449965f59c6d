// EventBridge's pattern language, as filters of event source mappings use it: keys are ANDed, values of a list are
// ORed, `$or` takes alternatives. Compiled once; judging an event takes time linear in the event for each key of
// the pattern.
//
// A pattern key is a path: {"a": {"b": [..]}} and {"a.b": [..]} are the same, in patterns and in events. Where an
// event has an array of objects, one and the same element must satisfy all keys below it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/result.h"
#include "dispatch/filter/value_matcher.h"

namespace shardmill::filter {

// What one key of a pattern asks for. A leaf has values, any other node keys and alternatives.
struct PatternNode {
  std::string name;                              // the step of a path that leads here; empty at the root
  std::vector<ValueMatcher> values;              // of a leaf: one must match
  std::string text;                              // of a leaf: its list as JSON, for explanations
  std::vector<PatternNode> keys;                 // all must match
  std::vector<std::vector<PatternNode>> any_of;  // of each `$or` one alternative must match

  [[nodiscard]] bool is_leaf() const { return !values.empty(); }
};

class EventPattern {
 public:
  // The error starts with the path in the pattern ("detail.state[0].prefix: ...") or, where the text is not JSON, the
  // byte.
  static Result<EventPattern> compile(std::string_view json);

  // Any thread.
  [[nodiscard]] bool matches(const simdjson::dom::element& event) const;

  [[nodiscard]] const PatternNode& root() const { return root_; }

 private:
  PatternNode root_;
};

[[nodiscard]] bool matches(const PatternNode& node, const simdjson::dom::element& event);

}  // namespace shardmill::filter
