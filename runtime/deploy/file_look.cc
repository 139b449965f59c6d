#include "deploy/file_look.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/settings_reader.h"

namespace shardmill::deploy {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool good() const { return number_ >= 0; }

 private:
  int number_;
};

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_from(const struct stat& status) {
  FileStamp stamp;
  stamp.kind = S_ISREG(status.st_mode)   ? FileStamp::Kind::regular
               : S_ISLNK(status.st_mode) ? FileStamp::Kind::symlink
               : S_ISDIR(status.st_mode) ? FileStamp::Kind::folder
                                         : FileStamp::Kind::other;
  stamp.size = static_cast<std::uint64_t>(status.st_size);
  stamp.modified_ns = nanoseconds(status.st_mtim);
  stamp.changed_ns = nanoseconds(status.st_ctim);
  stamp.inode = status.st_ino;
  return stamp;
}

Result<void> check_kind(const FileStamp& stamp, const std::string& name) {
  switch (stamp.kind) {
    case FileStamp::Kind::regular:
      return {};
    case FileStamp::Kind::missing:
      return fail(Errc::not_found, name + " does not exist");
    case FileStamp::Kind::symlink:
      return fail(Errc::invalid, name + " is a symbolic link, wanted a file: copy it here");
    case FileStamp::Kind::folder:
      return fail(Errc::invalid, name + " is a folder, wanted a file");
    case FileStamp::Kind::other:
      return fail(Errc::invalid, name + " is a pipe, socket or device, wanted a file");
  }
  return {};
}

// No more than `size` bytes: a file that grows is noticed by its stamp.
Result<std::string> read_bytes(const Descriptor& file, std::uint64_t size, const std::string& name) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    ssize_t count = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Errc::io, fmt::format("{} cannot be read: {}", name, std::strerror(errno)));
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

Result<void> write_bytes(const Descriptor& file, Bytes bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno == ENOSPC ? Errc::full : Errc::io, std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

std::int64_t last_change_ns(const FileStamp& stamp) {
  return std::max(stamp.modified_ns, stamp.changed_ns);
}

FileStamp stamp_of(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  return stamp_from(status);
}

Result<FileContent> read_whole(const std::filesystem::path& path, const std::string& name, std::uint64_t most) {
  // The kind is checked before and after opening: a pipe must not be waited for.
  if (auto good = check_kind(stamp_of(path), name); !good) return std::unexpected(good.error());
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!file.good()) {
    if (errno == ENOENT) return fail(Errc::not_found, name + " does not exist");
    return fail(Errc::io, fmt::format("{} cannot be opened: {}", name, std::strerror(errno)));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return fail(Errc::io, fmt::format("{} cannot be examined: {}", name, std::strerror(errno)));
  }
  FileStamp before = stamp_from(status);
  if (auto good = check_kind(before, name); !good) return std::unexpected(good.error());
  if (before.size > most) {
    return fail(Errc::invalid, fmt::format("{} has {} bytes, wanted at most {}", name,
                                           grouped(static_cast<std::int64_t>(before.size)),
                                           grouped(static_cast<std::int64_t>(most))));
  }
  auto bytes = read_bytes(file, before.size, name);
  if (!bytes) return std::unexpected(bytes.error());
  if (stamp_of(path) != before || bytes->size() != before.size) {
    return fail(Errc::in_use, name + " changed while it was read");
  }
  return FileContent{std::move(*bytes), before};
}

Result<void> write_whole(const std::filesystem::path& path, Bytes bytes, unsigned mode) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  auto refuse = [&](std::string_view what, int error) {
    ::unlink(temporary.c_str());
    return fail(error == ENOSPC ? Errc::full : Errc::io,
                fmt::format("{} {}: {}", what, path.string(), std::strerror(error)));
  };
  ::unlink(temporary.c_str());
  {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file.good()) return refuse("cannot create", errno);
    if (auto written = write_bytes(file, bytes); !written) {
      ::unlink(temporary.c_str());
      return fail(written.error().code, fmt::format("cannot write {}: {}", path.string(), written.error().text));
    }
    if (::fsync(file.get()) != 0) return refuse("cannot sync", errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return refuse("cannot rename to", errno);
  Descriptor folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.good() || ::fsync(folder.get()) != 0) return refuse("cannot sync the folder of", errno);
  return {};
}

}  // namespace shardmill::deploy
