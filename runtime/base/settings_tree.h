// The text of a settings file as a tree: JSON with comments, bounded, without the traps of plain JSON (a key given
// twice, of which one would be lost silently).
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/settings_reader.h"

namespace shardmill {

// The tree; an empty object when it cannot be read, and for an empty text. Of a key given twice, which is a
// problem, the last one counts.
[[nodiscard]] nlohmann::json parse_settings_tree(std::string_view text, SettingsProblems& problems);

// `Triggers[0]` and `BatchSize` give `Triggers[0].BatchSize`; a key that is no plain word is quoted in brackets.
[[nodiscard]] std::string path_below(const std::string& path, std::string_view key);

}  // namespace shardmill
