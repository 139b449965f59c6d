#include "app/files.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/terminal.h"

namespace shardmill::app {

OwnedFile::~OwnedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<OwnedFile> OwnedFile::open(const std::string& path) {
  OwnedFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about{};
  if (file.descriptor_ < 0 || fstat(file.descriptor_, &about) != 0) {
    return fail(Errc::invalid, fmt::format("cannot read {}: {}", printable(path), std::strerror(errno)));
  }
  if (S_ISDIR(about.st_mode))
    return fail(Errc::invalid, fmt::format("{} is a folder, wanted a file", printable(path)));
  return file;
}

Result<std::string> read_whole_file(const std::string& path, std::size_t most) {
  OwnedFile file;
  int descriptor = STDIN_FILENO;
  if (path != "-") {
    Result<OwnedFile> opened = OwnedFile::open(path);
    if (!opened) return std::unexpected(opened.error());
    file = std::move(*opened);
    descriptor = file.descriptor();
  }
  std::string bytes;
  std::array<char, 64 << 10> piece;
  for (;;) {
    ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(Errc::invalid, fmt::format("cannot read {}: {}", printable(path), std::strerror(errno)));
    if (got == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
    if (bytes.size() > most) {
      return fail(Errc::invalid, fmt::format("{} has more than {} bytes", printable(path), grouped(most)));
    }
  }
}

}  // namespace shardmill::app
