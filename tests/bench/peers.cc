// shardmill_peers: what the machine itself does with the same bytes, to set a figure beside. Prints one line of JSON.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/result.h"
#include "tests/bench/load/samples.h"

namespace shardmill::bench {
namespace {

// A file that is gone when the bench is.
class ScratchFile {
 public:
  static Result<ScratchFile> create(const std::filesystem::path& folder) {
    std::filesystem::path path = folder / "peer.bytes";
    int descriptor = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail(Errc::io, fmt::format("{}: {}", path.string(), std::strerror(errno)));
    unlink(path.c_str());
    return ScratchFile(descriptor);
  }
  ScratchFile(ScratchFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ScratchFile& operator=(ScratchFile&&) = delete;
  ScratchFile(const ScratchFile&) = delete;
  ~ScratchFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  // Appends and waits until the bytes are on the disk.
  Result<void> append(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0) return fail(Errc::io, fmt::format("write: {}", std::strerror(errno)));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fdatasync(descriptor_) != 0) return fail(Errc::io, fmt::format("fdatasync: {}", std::strerror(errno)));
    return {};
  }

 private:
  explicit ScratchFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Bytes that differ from place to place.
std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t value = 88172645463325252ULL;
  for (char& byte : bytes) {
    value ^= value << 13;
    value ^= value >> 7;
    value ^= value << 17;
    byte = static_cast<char>(value);
  }
  return bytes;
}

Result<std::string> raw_append(const std::string& folder, std::size_t total, std::size_t group) {
  Result<ScratchFile> file = ScratchFile::create(folder);
  if (!file) return std::unexpected(file.error());
  std::string bytes = some_bytes(group);
  std::int64_t start = monotonic_ns();
  std::size_t done = 0;
  for (; done < total; done += group) {
    if (Result<void> appended = file->append(bytes); !appended) return std::unexpected(appended.error());
  }
  double seconds = static_cast<double>(monotonic_ns() - start) * 1e-9;
  return fmt::format(R"({{"bytes": {}, "group": {}, "seconds": {:.6f}, "bytes_per_s": {:.0f}}})", done, group,
                     seconds, static_cast<double>(done) / seconds);
}

Result<std::string> single_syncs(const std::string& folder, std::size_t count, std::size_t size, double rate) {
  Result<ScratchFile> file = ScratchFile::create(folder);
  if (!file) return std::unexpected(file.error());
  std::string bytes = some_bytes(size);
  std::vector<std::int64_t> took;
  auto next = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    next += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
    std::this_thread::sleep_until(next);
    std::int64_t start = monotonic_ns();
    if (Result<void> appended = file->append(bytes); !appended) return std::unexpected(appended.error());
    took.push_back(monotonic_ns() - start);
  }
  return fmt::format(R"({{"count": {}, "p50_us": {:.1f}, "p99_us": {:.1f}}})", count,
                     static_cast<double>(quantile(took, 0.5)) * 1e-3,
                     static_cast<double>(quantile(took, 0.99)) * 1e-3);
}

// From one large region to another in pieces, so that neither end stays in a cache.
Result<std::string> copy_memory(std::size_t total, std::size_t piece) {
  std::size_t region = std::size_t{256} << 20;
  std::string from = some_bytes(region);
  std::string to(region, '\1');
  std::int64_t start = monotonic_ns();
  std::size_t done = 0;
  for (; done < total; done += piece) {
    std::size_t at = done % (region - piece);
    std::memcpy(to.data() + at, from.data() + at, piece);
  }
  double seconds = static_cast<double>(monotonic_ns() - start) * 1e-9;
  // The copy is looked at, so that no compiler leaves it out.
  unsigned sum = 0;
  for (std::size_t at = 0; at < region; at += 4096) sum += static_cast<unsigned char>(to[at]);
  return fmt::format(R"({{"bytes": {}, "seconds": {:.6f}, "bytes_per_s": {:.0f}, "sum": {}}})", done, seconds,
                     static_cast<double>(done) / seconds, sum);
}

int report(const Result<std::string>& line) {
  if (!line) {
    std::cerr << "shardmill_peers: " << line.error().text << "\n";
    return 1;
  }
  std::cout << *line << std::endl;
  return 0;
}

int run(int argc, char** argv) {
  CLI::App root{"What the machine itself does with the same bytes."};
  root.require_subcommand(1);
  std::string folder = ".";
  std::size_t total = 0, size = 0, count = 0;
  double rate = 0;
  CLI::App* append = root.add_subcommand("append", "write groups of bytes to a file, fdatasync after each");
  append->add_option("--folder", folder, "on the disk to measure")->required();
  append->add_option("--total", total, "bytes in all")->required();
  append->add_option("--group", size, "bytes of one group")->required();
  CLI::App* sync = root.add_subcommand("sync", "append and fdatasync at a fixed rate");
  sync->add_option("--folder", folder, "on the disk to measure")->required();
  sync->add_option("--count", count, "appends")->required();
  sync->add_option("--size", size, "bytes of each")->required();
  sync->add_option("--rate", rate, "a second")->required();
  CLI::App* copy = root.add_subcommand("memcpy", "copy memory");
  copy->add_option("--total", total, "bytes in all")->required();
  copy->add_option("--group", size, "bytes of one memcpy")->required();
  CLI11_PARSE(root, argc, argv);
  if (append->parsed()) return report(raw_append(folder, total, size));
  if (sync->parsed()) return report(single_syncs(folder, count, size, rate));
  return report(copy_memory(total, size));
}

}  // namespace
}  // namespace shardmill::bench

int main(int argc, char** argv) {
  return shardmill::bench::run(argc, argv);
}
