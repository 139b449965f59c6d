#include "store/marks.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"

namespace shardmill::store {
namespace {

constexpr std::string_view kMagic = "shardmill marks 1\n";
constexpr std::size_t kHeader = 64;
constexpr std::size_t kSlot = 16;
constexpr std::size_t kStep = std::size_t{1} << 20;  // the file grows by this: room for 65,536 shards

std::unexpected<Error> refused(const std::string& path, std::string_view doing, int error) {
  Errc code = error == ENOSPC || error == EDQUOT ? Errc::full : Errc::io;
  return fail(code, fmt::format("{}: cannot {}: {}", path, doing, std::strerror(error)));
}

std::uint64_t word_of(MarkSlot slot, std::uint64_t value) {
  if (value == 0) return 0;
  std::uint32_t crc = crc32c(std::as_bytes(std::span(&slot, 1)));
  crc = crc32c(std::as_bytes(std::span(&value, 1)), crc);
  return value << 16 | ((crc ^ crc >> 16) & 0xffff);
}

// 0 for a word that is empty or damaged.
std::uint64_t value_of(MarkSlot slot, std::uint64_t word) {
  return word == word_of(slot, word >> 16) ? word >> 16 : 0;
}

}  // namespace

Result<Marks> Marks::open(const std::string& path, MarkSlot last) {
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return refused(path, "open it", errno);
  Marks marks(path, file);
  Result<void> room = marks.reserve(last);
  if (!room) return std::unexpected(room.error());
  marks.is_new_ = marks.is_blank();
  if (!marks.is_new_) {
    if (Result<void> sound = marks.check_header(); !sound) return std::unexpected(sound.error());
    return marks;
  }
  std::memcpy(marks.data_, kMagic.data(), kMagic.size());
  if (::fsync(file) != 0) return refused(path, "sync it", errno);
  return marks;
}

Result<std::optional<Marks>> Marks::view(const std::string& path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return std::nullopt;
  if (file < 0) return refused(path, "open it", errno);
  Marks marks(path, file);
  struct stat status{};
  if (::fstat(file, &status) != 0) return refused(path, "read its size", errno);
  auto size = static_cast<std::size_t>(status.st_size);
  if (size < kHeader) return std::nullopt;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  if (data == MAP_FAILED) return refused(path, "map it", errno);
  marks.data_ = static_cast<std::byte*>(data);
  marks.size_ = size;
  if (marks.is_blank()) return std::nullopt;
  if (Result<void> sound = marks.check_header(); !sound) return std::unexpected(sound.error());
  return marks;
}

// Zeros: just made, or its power was cut before it had its beginning, and nothing had been acknowledged.
bool Marks::is_blank() const {
  return std::ranges::all_of(std::span(data_, kMagic.size()), [](std::byte b) { return b == std::byte{}; });
}

Result<void> Marks::check_header() const {
  if (std::memcmp(data_, kMagic.data(), kMagic.size()) == 0) return {};
  return fail(Errc::corrupt, fmt::format("{} does not begin with \"{}\": it is damaged, or not a file of marks",
                                         path_, kMagic.substr(0, kMagic.size() - 1)));
}

Marks::Marks(Marks&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      is_new_(other.is_new_) {}

Marks::~Marks() {
  if (data_ != nullptr) ::munmap(data_, size_);
  if (file_ >= 0) ::close(file_);
}

Result<void> Marks::reserve(MarkSlot last) {
  std::size_t needed = kHeader + (std::size_t{std::to_underlying(last)} + 1) * kSlot;
  if (needed <= size_) return {};
  std::size_t size = (needed + kStep - 1) / kStep * kStep;
  // Real blocks, not a hole: a store into a hole on a full disk would kill the process.
  int error = ::posix_fallocate(file_, 0, static_cast<off_t>(size));
  if (error != 0) return refused(path_, "make room for marks", error);
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (data == MAP_FAILED) return refused(path_, "map it", errno);
  if (data_ != nullptr) ::munmap(data_, size_);
  data_ = static_cast<std::byte*>(data);
  size_ = size;
  return {};
}

std::size_t Marks::slots() const {
  return (size_ - kHeader) / kSlot;
}

std::uint64_t* Marks::words(MarkSlot slot) const {
  return reinterpret_cast<std::uint64_t*>(data_ + kHeader + std::to_underlying(slot) * kSlot);
}

std::uint64_t Marks::get(MarkSlot slot) const {
  if (std::to_underlying(slot) >= slots()) return 0;
  const std::uint64_t* word = words(slot);
  return std::max(value_of(slot, word[0]), value_of(slot, word[1]));
}

void Marks::raise(MarkSlot slot, std::uint64_t value) {
  std::uint64_t* word = words(slot);
  std::uint64_t first = value_of(slot, word[0]);
  std::uint64_t second = value_of(slot, word[1]);
  if (std::max(first, second) >= value) return;
  std::atomic_ref(word[first < second ? 0 : 1]).store(word_of(slot, value), std::memory_order_release);
}

void Marks::clear_from(MarkSlot first) {
  std::size_t from = kHeader + std::size_t{std::to_underlying(first)} * kSlot;
  if (from < size_) std::memset(data_ + from, 0, size_ - from);
}

}  // namespace shardmill::store
