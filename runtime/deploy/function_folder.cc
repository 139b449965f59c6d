#include "deploy/function_folder.h"

#include <algorithm>

#include <fmt/format.h>

namespace shardmill::deploy {

Result<FolderLook> look_at_folder(const std::filesystem::path& folder) {
  FolderLook look;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::filesystem::path& path = at->path();
    std::string name = path.stem().string();
    if (name.empty() || path.filename().string().starts_with('.')) continue;
    if (path.extension() == ".so") look[name].code = stamp_of(path);
    if (path.extension() == ".json") look[name].settings = stamp_of(path);
  }
  if (error) {
    return fail(Errc::io, fmt::format("cannot read the folder {}: {}", folder.string(), error.message()));
  }
  return look;
}

bool is_function_name(std::string_view name) {
  auto allowed = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, allowed);
}

}  // namespace shardmill::deploy
