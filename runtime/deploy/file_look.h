// What a look at a file of the function folder finds, without and with reading it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace shardmill::deploy {

// Two equal stamps: the file was not changed in between.
struct FileStamp {
  enum class Kind { missing, regular, symlink, folder, other };
  Kind kind = Kind::missing;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // of the inode: moves when the file or its rights change, cannot be set back
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

// The later of the two times, of what is there.
[[nodiscard]] std::int64_t last_change_ns(const FileStamp& stamp);

[[nodiscard]] FileStamp stamp_of(const std::filesystem::path& path);

struct FileContent {
  std::string bytes;
  FileStamp stamp;  // as it was before and after the reading
};

// Reads a regular file whole. `name` is what messages call it. Errors, as sentences with found and wanted: not_found;
// invalid for what is no regular file (links are not followed) or larger than `most`; io for what cannot be read;
// in_use when it changed while it was read.
[[nodiscard]] Result<FileContent> read_whole(const std::filesystem::path& path, const std::string& name,
                                             std::uint64_t most);

// Writes so that after a crash the file is there in full or not at all: a temporary file beside it, fsync, rename.
[[nodiscard]] Result<void> write_whole(const std::filesystem::path& path, Bytes bytes, unsigned mode);

}  // namespace shardmill::deploy
