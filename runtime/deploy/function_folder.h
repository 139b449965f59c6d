// One look at the function folder: which functions have which files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "deploy/file_look.h"

namespace shardmill::deploy {

struct FunctionFiles {
  FileStamp code;      // NAME.so
  FileStamp settings;  // NAME.json
  bool operator==(const FunctionFiles&) const = default;
};

// By NAME. Names that start with '.' are left out: editors and copiers keep their own files there.
using FolderLook = std::map<std::string, FunctionFiles, std::less<>>;

// Fails with io when the folder cannot be read.
[[nodiscard]] Result<FolderLook> look_at_folder(const std::filesystem::path& folder);

// 1 to 64 letters, digits, '-' and '_', as AWS wants it.
[[nodiscard]] bool is_function_name(std::string_view name);

}  // namespace shardmill::deploy
