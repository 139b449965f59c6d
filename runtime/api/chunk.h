// A chunk: the records of one append to one shard, in order, as one run of bytes. It is stored, kept in the
// in-memory tail and handed to readers as the same bytes.
//
//   body  := entry*
//   entry := data_size u32 | key_size u16 | reserved u16 (0) | partition key | data       (little-endian, unpadded)
//
// All records of a chunk have the chunk's arrival time; the i-th has position first + i.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "api/ids.h"
#include "base/byte_buffer.h"
#include "base/bytes.h"

namespace shardmill {

struct EntryHeader {
  std::uint32_t data_size;
  std::uint16_t key_size;
  std::uint16_t reserved;
};
static_assert(sizeof(EntryHeader) == 8);

// One record, borrowed from its chunk.
struct RecordView {
  std::string_view partition_key;
  Bytes data;
};

// Gathers records that are not yet in the store. One thread.
class ChunkBuilder {
 public:
  // Appends a record and returns the room for its `data_size` bytes, which the caller fills before the next call.
  // The key has at most 1,024 bytes (256 characters), the data at most 10 MiB: the caller has checked that.
  std::span<std::byte> add(std::string_view partition_key, std::size_t data_size) {
    std::span<std::byte> room = body_.extend(sizeof(EntryHeader) + partition_key.size() + data_size);
    EntryHeader header{static_cast<std::uint32_t>(data_size), static_cast<std::uint16_t>(partition_key.size()), 0};
    std::memcpy(room.data(), &header, sizeof header);
    if (!partition_key.empty())
      std::memcpy(room.data() + sizeof header, partition_key.data(), partition_key.size());
    ++count_;
    return room.subspan(sizeof header + partition_key.size());
  }
  void add(std::string_view partition_key, Bytes data) {
    std::span<std::byte> room = add(partition_key, data.size());
    if (!data.empty()) std::memcpy(room.data(), data.data(), data.size());
  }
  void reserve(std::size_t bytes) { body_.reserve(bytes); }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] std::size_t size() const { return body_.size(); }
  [[nodiscard]] Bytes body() const { return body_.bytes(); }

  // Leaves the builder empty.
  ByteBuffer take() {
    count_ = 0;
    return std::exchange(body_, ByteBuffer());
  }

 private:
  ByteBuffer body_;
  std::uint32_t count_ = 0;
};

// Committed and immutable. Shared between the tail and any number of readers, on any thread.
struct Chunk {
  Position first;
  std::uint32_t count = 0;
  WallTime arrival;
  ByteBuffer body;

  [[nodiscard]] Position last() const { return first.plus(count - 1); }
};

// Consecutive records of one chunk. Keeps the chunk alive.
struct ChunkSlice {
  std::shared_ptr<const Chunk> chunk;  // shared: the tail may drop it while a reader holds it
  Position first;
  std::uint32_t count = 0;
  Bytes entries;  // exactly these records' entries

  [[nodiscard]] WallTime arrival() const { return chunk->arrival; }
  [[nodiscard]] Position last() const { return first.plus(count - 1); }
};

// The entry at the start of `entries`, which is then moved past it. Bytes of a chunk were checked by the store
// when it was read, so nothing is checked again here.
inline RecordView next_entry(Bytes& entries) {
  EntryHeader header;
  std::memcpy(&header, entries.data(), sizeof header);
  RecordView record{as_text(entries.subspan(sizeof header, header.key_size)),
                    entries.subspan(sizeof header + header.key_size, header.data_size)};
  entries = entries.subspan(sizeof header + header.key_size + header.data_size);
  return record;
}

}  // namespace shardmill
