// Reads the parts of a 64-bit ELF file out of untrusted bytes. Nothing here believes a size or an offset.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include <elf.h>

#include "base/bytes.h"

namespace shardmill::deploy {

class ElfFile {
 public:
  explicit ElfFile(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }

  // The bytes [offset, offset + size), if the file has all of them.
  [[nodiscard]] std::optional<Bytes> range(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    return bytes_.subspan(offset, size);
  }

  // A copy, because nothing in the file has to be aligned.
  template <class T>
  [[nodiscard]] std::optional<T> at(std::uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T>);
    std::optional<Bytes> found = range(offset, sizeof(T));
    if (!found) return std::nullopt;
    T value;
    std::memcpy(&value, found->data(), sizeof value);
    return value;
  }

  // The i-th of a table of T at `offset`.
  template <class T>
  [[nodiscard]] std::optional<T> entry(std::uint64_t offset, std::uint64_t i) const {
    if (i > bytes_.size() / sizeof(T) || offset > bytes_.size()) return std::nullopt;
    return at<T>(offset + i * sizeof(T));
  }

  // The text that starts at `offset` and ends with a zero byte, which is inside the file.
  [[nodiscard]] std::optional<std::string_view> text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) return std::nullopt;
    std::string_view rest = as_text(bytes_.subspan(offset));
    std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
  }

 private:
  Bytes bytes_;
};

}  // namespace shardmill::deploy
