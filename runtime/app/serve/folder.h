// The folder that `shardmill serve` works in, and what is read from it before anything runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "deploy/server_settings.h"
#include "http/kinesis/token.h"

namespace shardmill::app {

struct ServeFolder {
  std::filesystem::path root;  // absolute

  [[nodiscard]] std::filesystem::path settings() const { return root / "shardmill.json"; }
  [[nodiscard]] std::filesystem::path functions() const { return root / "functions"; }
  [[nodiscard]] std::filesystem::path data() const { return root / "data"; }
  [[nodiscard]] std::filesystem::path archive() const { return data() / "deployments"; }
  [[nodiscard]] std::filesystem::path temp() const { return data() / "temp"; }
};

// Finds the folder, which has to be there. invalid.
[[nodiscard]] Result<ServeFolder> find_serve_folder(const std::string& given);

// shardmill.json and --listen together. invalid with all problems, io.
[[nodiscard]] Result<deploy::ServerSettings> read_server_file(const ServeFolder& folder,
                                                              const std::optional<std::string>& listen);

// The key that seals shard iterators, made at the first start and kept with the data. io, invalid.
[[nodiscard]] Result<http::kinesis::TokenKey> token_key(const ServeFolder& folder);

}  // namespace shardmill::app
