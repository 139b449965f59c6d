// The data folder and the lock on it: one process at a time.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace shardmill::store {

// Makes what was created or renamed in the folder durable. Fails with io.
Result<void> sync_folder(const std::filesystem::path& path);

// Holds the lock for its life. The lock is the kernel's: it goes with the process, however that ends.
class Folder {
 public:
  // Makes the folder if it is not there. Fails with in_use ("... is in use by process PID") and io.
  static Result<Folder> open(const std::filesystem::path& path);

  Folder(Folder&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  [[nodiscard]] std::string database() const { return (path_ / "store.db").string(); }
  [[nodiscard]] std::string marks() const { return (path_ / "marks").string(); }
  [[nodiscard]] std::string reserve() const { return (path_ / "reserve").string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  Folder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_;
};

}  // namespace shardmill::store
