// Why an event matches a pattern or not, key by key.
#pragma once

#include <string>
#include <vector>

#include <simdjson.h>

#include "dispatch/filter/event_pattern.h"

namespace shardmill::filter {

struct KeyVerdict {
  std::string path;
  bool matched = false;
  std::string found;   // the event's values there as JSON, "nothing" if there are none
  std::string wanted;  // the pattern's list as JSON
};

// One entry for each list of values of the pattern, alternatives included, in the pattern's order. All may match while
// the pattern does not: then no single element of an array has everything.
[[nodiscard]] std::vector<KeyVerdict> explain(const EventPattern& pattern, const simdjson::dom::element& event);

}  // namespace shardmill::filter
