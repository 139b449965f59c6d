#include "base/nearest.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace shardmill {
namespace {

constexpr std::size_t kLongestWord = 64;

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

bool same(char one, char other) {
  return lower(one) == lower(other);
}

bool starts_with(std::string_view word, std::string_view start) {
  return start.size() <= word.size() && std::equal(start.begin(), start.end(), word.begin(), same);
}

}  // namespace

unsigned edit_distance(std::string_view one, std::string_view other) {
  one = one.substr(0, kLongestWord);
  other = other.substr(0, kLongestWord);
  using Row = std::array<unsigned, kLongestWord + 1>;
  Row before{}, last{}, row{};  // of the table of distances between beginnings
  for (unsigned j = 0; j <= other.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    row[0] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j <= other.size(); ++j) {
      unsigned replaced = last[j - 1] + (same(one[i - 1], other[j - 1]) ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && same(one[i - 1], other[j - 2]) && same(one[i - 2], other[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = row;
  }
  return last[other.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known) {
  const std::string* best = nullptr;
  auto best_distance = static_cast<unsigned>(1 + word.size() / 3);
  for (const std::string& candidate : known) {
    unsigned distance = edit_distance(word, candidate);
    if (best == nullptr ? distance <= best_distance : distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (best != nullptr && best_distance < std::max(word.size(), best->size())) return *best;
  // A beginning of at least three letters is a good hint too: "batch" for "BatchSize".
  auto longer = std::ranges::find_if(known, [&](const std::string& candidate) {
    return (word.size() >= 3 && starts_with(candidate, word)) ||
           (candidate.size() >= 3 && starts_with(word, candidate));
  });
  return longer == known.end() ? std::nullopt : std::optional(*longer);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  std::optional<std::string> meant = nearest(word, known);
  return meant ? "; did you mean \"" + *meant + "\"?" : std::string();
}

}  // namespace shardmill
