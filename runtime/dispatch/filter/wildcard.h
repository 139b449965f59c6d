// Glob patterns with '*' only (EventBridge's `wildcard`): '\*' is a literal star, '\\' a backslash. Matching takes
// time linear in the text for each literal between two stars, and never backtracks further than the last star.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace shardmill::filter {

class Wildcard {
 public:
  // Refuses two stars in a row, other escapes, and more stars than kMostStars.
  static Result<Wildcard> compile(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view text) const;

  // AWS refuses patterns of six stars as too complex; it publishes no number.
  static constexpr std::size_t kMostStars = 5;

 private:
  // The literals between the stars: n stars make n + 1 of them, some empty.
  std::vector<std::string> literals_;
};

}  // namespace shardmill::filter
