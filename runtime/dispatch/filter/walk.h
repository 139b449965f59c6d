// Following the path of a pattern key through an event.
#pragma once

#include <string_view>
#include <vector>

#include <simdjson.h>

namespace shardmill::filter {

// A value of the event, below a path that is still to be walked when its key had dots: {"a.b": 1} seen from "a" is
// the value 1 with "b" pending. Borrows from the parsed event.
struct View {
  simdjson::dom::element value;
  std::string_view pending;
};
using Views = std::vector<View>;

// Adds what `view` has under the step `name`: nothing unless it is an object. Of two equal keys in one object the last
// counts.
void descend(const View& view, std::string_view name, Views& out);

}  // namespace shardmill::filter
