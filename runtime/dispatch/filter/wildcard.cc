#include "dispatch/filter/wildcard.h"

namespace shardmill::filter {

Result<Wildcard> Wildcard::compile(std::string_view pattern) {
  Wildcard glob;
  glob.literals_.emplace_back();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '*') {
      if (i > 0 && pattern[i - 1] == '*' && glob.literals_.back().empty()) {
        return fail(Errc::invalid, "consecutive wildcard characters");
      }
      glob.literals_.emplace_back();
    } else if (c == '\\') {
      ++i;
      if (i == pattern.size() || (pattern[i] != '*' && pattern[i] != '\\')) {
        return fail(Errc::invalid, "invalid escape: only \\* and \\\\ are known");
      }
      glob.literals_.back() += pattern[i];
    } else {
      glob.literals_.back() += c;
    }
  }
  if (glob.literals_.size() - 1 > kMostStars) {
    return fail(Errc::invalid, "too complex: use fewer wildcard characters");
  }
  return glob;
}

bool Wildcard::matches(std::string_view text) const {
  if (literals_.size() == 1) return text == literals_.front();
  if (!text.starts_with(literals_.front())) return false;
  text.remove_prefix(literals_.front().size());
  if (!text.ends_with(literals_.back())) return false;
  text.remove_suffix(literals_.back().size());
  // The earliest place for each literal leaves the most room for those that follow.
  for (std::size_t i = 1; i + 1 < literals_.size(); ++i) {
    std::size_t at = text.find(literals_[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + literals_[i].size());
  }
  return true;
}

}  // namespace shardmill::filter
