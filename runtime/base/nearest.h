// "Did you mean ...?" for keys, names and commands: the known word nearest to a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shardmill {

// How many letters must be inserted, removed, replaced or swapped with their neighbour to turn one word into the
// other. Upper and lower case count as equal. At most 64 letters of each are looked at.
[[nodiscard]] unsigned edit_distance(std::string_view one, std::string_view other);

// The first of the nearest words, if it is near enough to be what was meant: about one slip in three letters, or
// one word starts with the other.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

// `; did you mean "X"?`, or nothing when no known word is near: to be put behind a sentence that refuses `word`.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace shardmill
