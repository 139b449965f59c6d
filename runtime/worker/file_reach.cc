#include "worker/file_reach.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

namespace shardmill::worker {

namespace {

namespace fs = std::filesystem;

// What programs and libraries need of a system, and nothing of its users. In /run is where /etc/resolv.conf may lead.
constexpr const char* kSystem[] = {"/bin",           "/etc",  "/lib",  "/lib32", "/lib64", "/libx32",
                                   "/opt",           "/proc", "/sbin", "/sys",   "/usr",   "/run/systemd/resolve",
                                   "/run/resolvconf"};
constexpr const char* kDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};

// The system's folders are links to each other on most machines: /bin is /usr/bin.
fs::path real_path(const char* path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  return error ? fs::path(path) : real;
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

Result<void> check_there(const std::vector<std::string>& paths, std::string_view key) {
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) return fail(Errc::invalid, fmt::format("{}: there is no {}", key, path));
  }
  return {};
}

}  // namespace

std::vector<std::string> all_but(const fs::path& folder, const fs::path& kept_from) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error || (!kept_from.empty() && is_inside(real, kept_from))) return {};
  if (kept_from.empty() || !is_inside(kept_from, real)) return {real.string()};
  if (fs::is_symlink(folder, error)) return {};  // to a folder above, which is given by its own name
  std::vector<std::string> around;
  for (fs::directory_iterator entry(real, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::vector<std::string> parts = all_but(entry->path(), kept_from);
    around.insert(around.end(), parts.begin(), parts.end());
  }
  return around;
}

Result<FileReach> file_reach(const Deployment& deployment, const WorkerFolders& folders) {
  const FunctionSettings& settings = deployment.settings;
  if (auto good = check_there(settings.read_paths, "ReadPaths"); !good) return std::unexpected(good.error());
  if (auto good = check_there(settings.write_paths, "WritePaths"); !good) return std::unexpected(good.error());
  FileReach reach{settings.read_paths, settings.write_paths, (folders.temp / deployment.function).string()};
  for (const char* folder : kSystem) {
    std::vector<std::string> parts = all_but(real_path(folder), folders.kept_from);
    reach.read.insert(reach.read.end(), parts.begin(), parts.end());
  }
  reach.write.insert(reach.write.end(), std::begin(kDevices), std::end(kDevices));
  reach.write.push_back(reach.temp);
  std::error_code error;
  fs::create_directories(reach.temp, error);
  if (!error) fs::permissions(reach.temp, fs::perms::owner_all, error);
  if (error) return fail(Errc::io, fmt::format("{}: {}", reach.temp, error.message()));
  return reach;
}

}  // namespace shardmill::worker
