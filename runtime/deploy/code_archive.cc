#include "deploy/code_archive.h"

#include <array>
#include <system_error>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "deploy/file_look.h"

namespace shardmill::deploy {

std::string sha256_hex(Bytes bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

Result<void> CodeArchive::open() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (!error) return {};
  return fail(Errc::io, fmt::format("cannot make the folder {}: {}", folder_.string(), error.message()));
}

std::filesystem::path CodeArchive::path_of(const std::string& sha256) const {
  return folder_ / (sha256 + ".so");
}

Result<std::filesystem::path> CodeArchive::keep(Bytes code, const std::string& sha256) {
  std::filesystem::path path = path_of(sha256);
  if (auto there = read_whole(path, path.string(), code.size());
      there && sha256_hex(as_bytes(there->bytes)) == sha256) {
    return path;
  }
  if (auto written = write_whole(path, code, 0555); !written) return std::unexpected(written.error());
  return path;
}

void CodeArchive::remove_all_but(const std::set<std::filesystem::path>& used) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (used.contains(at->path())) continue;
    std::error_code ignored;  // what cannot be removed now is tried again at the next sweep
    std::filesystem::remove(at->path(), ignored);
  }
}

}  // namespace shardmill::deploy
