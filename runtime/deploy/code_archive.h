// The copies of code that functions are run from: files named by the SHA-256 of their bytes, so that what runs never
// changes under it, whatever happens in the function folder.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace shardmill::deploy {

// 64 hex digits.
[[nodiscard]] std::string sha256_hex(Bytes bytes);

// One thread at a time.
class CodeArchive {
 public:
  explicit CodeArchive(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Makes the folder. io.
  Result<void> open();
  // Where the copy of code with this hash is, or would be.
  [[nodiscard]] std::filesystem::path path_of(const std::string& sha256) const;
  // The path of a durable copy of `code`, whose hash is `sha256`. An existing copy is used if its bytes are right and
  // replaced if not. io, full.
  Result<std::filesystem::path> keep(Bytes code, const std::string& sha256);
  // Removes the copies that are not named here, and half-written ones.
  void remove_all_but(const std::set<std::filesystem::path>& used);

 private:
  std::filesystem::path folder_;
};

}  // namespace shardmill::deploy
