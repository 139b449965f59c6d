// Which version of each function was live last, kept through restarts: if the newest files of a function are broken,
// the version that ran before the restart runs on.
//
// data/deployments/live.json: {"NAME": {"Code": SHA-256 of the code, "Settings": text of NAME.json}}
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "deploy/judge.h"

namespace shardmill::deploy {

using LastGood = std::map<std::string, DeploymentSource>;

// Empty when there is no such file. invalid when it is not what we write: the caller goes on without.
[[nodiscard]] Result<LastGood> read_last_good(const std::filesystem::path& path);
[[nodiscard]] Result<void> write_last_good(const std::filesystem::path& path, const LastGood& last_good);

}  // namespace shardmill::deploy
