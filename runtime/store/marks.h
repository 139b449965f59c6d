// High-water marks: for each shard the last position that was acknowledged, kept outside the database. A database
// that is behind its marks has lost something it had promised to keep (a damaged log, a lying disk, an old copy put
// back), and can say so instead of going on as if nothing had been there.
//
//   file := 64 bytes ("shardmill marks 1\n", zeros) | slot*       slot 0: version of the catalogue; slot n: shard key n
//   slot := word u64 | word u64                                   the higher valid one counts, the other is overwritten
//   word := position (48 bits) << 16 | check (16 bits of crc32c(slot u32, position u64)); 0: empty   (little-endian)
//
// Mapped into memory, so a mark survives kill -9 as soon as it is stored; each word is stored whole. Marks are set after
// the commit is durable and before it is answered: never ahead of the database, and at a power cut at worst behind.
// One thread: the writer's (before it starts: the one that opens).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "api/ids.h"
#include "base/result.h"

namespace shardmill::store {

enum class MarkSlot : std::uint32_t {};
inline constexpr MarkSlot kCatalogueMark{0};
constexpr MarkSlot mark_of(ShardKey key) {
  return MarkSlot{static_cast<std::uint32_t>(key)};
}

class Marks {
 public:
  // Makes the file if it is not there, with room for slots 0 to `last`. Fails with io, full, corrupt.
  static Result<Marks> open(const std::string& path, MarkSlot last);

  // For looking at them only: nothing is made or changed. Nothing if the file is not there, or was never begun.
  static Result<std::optional<Marks>> view(const std::string& path);

  Marks(Marks&& other) noexcept;
  Marks& operator=(Marks&&) = delete;
  ~Marks();

  // The file was not there.
  [[nodiscard]] bool is_new() const { return is_new_; }

  // Makes room on disk for all slots up to `last`: what follows cannot fail.
  Result<void> reserve(MarkSlot last);
  [[nodiscard]] std::uint64_t get(MarkSlot slot) const;
  // Does nothing if the mark is there already or higher.
  void raise(MarkSlot slot, std::uint64_t value);
  // Empties all slots from `first` on.
  void clear_from(MarkSlot first);

 private:
  Marks(std::string path, int file) : path_(std::move(path)), file_(file) {}
  [[nodiscard]] std::uint64_t* words(MarkSlot slot) const;
  [[nodiscard]] std::size_t slots() const;
  // True for a file that was never begun.
  [[nodiscard]] bool is_blank() const;
  [[nodiscard]] Result<void> check_header() const;

  std::string path_;
  int file_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;  // mapped bytes
  bool is_new_ = false;
};

}  // namespace shardmill::store
