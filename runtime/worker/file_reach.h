// Which files the workers of a function may reach: the system's own folders to read, a temp folder of the function's to
// write, and what its settings add. The child side holds itself to it (child/file_access.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/deployment.h"
#include "base/result.h"

namespace shardmill::worker {

struct WorkerFolders {
  std::filesystem::path
      kept_from;               // the server's: workers reach nothing in it, unless settings say so. Empty: none
  std::filesystem::path temp;  // where each function gets a folder of its own
};

struct FileReach {
  std::vector<std::string> read;   // and load libraries from
  std::vector<std::string> write;  // read as well
  std::string temp;                // the function's folder, one of `write`
};

// Makes the function's temp folder. Fails with invalid, naming the key, if settings name a path that is not there, and
// with io.
[[nodiscard]] Result<FileReach> file_reach(const Deployment& deployment, const WorkerFolders& folders);

// `folder`, or what lies in it around `kept_from` if that is inside; nothing if it is not there. `kept_from` is canonical.
[[nodiscard]] std::vector<std::string> all_but(const std::filesystem::path& folder,
                                               const std::filesystem::path& kept_from);

}  // namespace shardmill::worker
