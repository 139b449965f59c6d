// Files that are named on the command line. Errors name the file and say why, as kBadUsage.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace shardmill::app {

// An open descriptor, closed at the end.
class OwnedFile {
 public:
  OwnedFile() = default;
  OwnedFile(OwnedFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OwnedFile& operator=(OwnedFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~OwnedFile();

  // For reading. A folder is refused.
  static Result<OwnedFile> open(const std::string& path);
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit OwnedFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// The bytes of a file, or of stdin for "-"; refused if there are more than `most`.
Result<std::string> read_whole_file(const std::string& path, std::size_t most);

}  // namespace shardmill::app
