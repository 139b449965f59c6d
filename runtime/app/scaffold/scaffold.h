// The files that `shardmill new` writes. Their texts are those of the *.in files in this folder, with @NAME@ for the
// function's name; the build puts them into the binary.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace shardmill::app {

struct ScaffoldText {
  std::string_view path;  // with @NAME@
  std::string_view text;  // with @NAME@
};

// Made by the build.
[[nodiscard]] std::span<const ScaffoldText> scaffold_texts();

struct ScaffoldFile {
  std::string path;  // within the new folder
  std::string text;
};

// invalid if the name cannot be that of a function: 1 to 64 letters, digits, - and _, and not a word that CMake uses.
Result<std::vector<ScaffoldFile>> scaffold(const std::string& name);

}  // namespace shardmill::app
