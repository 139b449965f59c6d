#include "worker/event_encoder.h"

#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <shardmill/abi.h>

namespace shardmill::worker {

namespace {

// Records are described and copied in runs of about this size, so that their headers are still in the cache when
// their bytes are copied.
constexpr std::size_t kRunBytes = 16 * 1024;

// Appends to memory that is known to have the room.
class Cursor {
 public:
  explicit Cursor(std::span<std::byte> memory) : memory_(memory) {}

  Place put(std::string_view text) {
    Place place{at_, static_cast<std::uint32_t>(text.size())};
    if (!text.empty()) std::memcpy(memory_.data() + at_, text.data(), text.size());
    at_ += place.size;
    return place;
  }
  std::byte* skip(std::size_t size) {
    std::byte* start = memory_.data() + at_;
    at_ += static_cast<std::uint32_t>(size);
    return start;
  }
  void align() { at_ = (at_ + 7) & ~std::uint32_t{7}; }
  [[nodiscard]] std::uint32_t at() const { return at_; }

 private:
  std::span<std::byte> memory_;
  std::uint32_t at_ = 0;
};

// Copies the slice's entries to `base` + `offset` and describes each record. Returns the next descriptor.
shardmill_record* put_slice(const ChunkSlice& slice, std::byte* base, std::uint32_t offset,
                            shardmill_record* record) {
  const std::byte* from = slice.entries.data();
  std::byte* to = base + offset;
  const std::size_t size = slice.entries.size();
  const std::int64_t arrival = slice.arrival().ms;
  std::uint64_t position = slice.first.value;
  for (std::size_t at = 0; at < size;) {
    const std::size_t run = at;
    while (at < size && at - run < kRunBytes) {
      EntryHeader header;
      std::memcpy(&header, from + at, sizeof header);
      const auto key = static_cast<std::uint32_t>(offset + at + sizeof header);
      const shardmill_record described{position++,       arrival,         key, key + header.key_size,
                                       header.data_size, header.key_size, 0};
      std::memcpy(record++, &described, sizeof described);
      at += sizeof header + header.key_size + header.data_size;
    }
    std::memcpy(to + run, from + run, at - run);
  }
  return record;
}

struct BatchSize {
  std::uint32_t records = 0;
  std::size_t bytes = 0;  // of the whole layout
};

BatchSize size_of(const StreamEvent& event) {
  BatchSize size;
  size.bytes =
      sizeof(shardmill_stream_batch) + alignof(shardmill_record) + event.stream.size() + event.stream_arn.size();
  for (const ChunkSlice& slice : event.slices) {
    size.records += slice.count;
    size.bytes += slice.entries.size() + slice.count * sizeof(shardmill_record);
  }
  return size;
}

void put_batch(const StreamEvent& event, std::uint32_t records, std::span<std::byte> memory) {
  std::byte* base = memory.data();
  Cursor cursor(memory);
  std::byte* header_at = cursor.skip(sizeof(shardmill_stream_batch));
  cursor.align();
  shardmill_stream_batch header{};
  header.header_size = sizeof header;
  header.record_size = sizeof(shardmill_record);
  header.record_count = records;
  header.records_offset = cursor.at();
  auto* record = reinterpret_cast<shardmill_record*>(cursor.skip(records * sizeof(shardmill_record)));
  for (const ChunkSlice& slice : event.slices) {
    std::uint32_t offset = cursor.at();
    cursor.skip(slice.entries.size());
    record = put_slice(slice, base, offset, record);
  }
  const Place stream = cursor.put(event.stream);
  const Place arn = cursor.put(event.stream_arn);
  header.shard_number = static_cast<std::uint32_t>(event.shard);
  header.stream_offset = stream.offset;
  header.stream_size = stream.size;
  header.stream_arn_offset = arn.offset;
  header.stream_arn_size = arn.size;
  std::memcpy(header.sequence_prefix, event.prefix.data(), sizeof header.sequence_prefix);
  header.batch_size = cursor.at();
  std::memcpy(header_at, &header, sizeof header);
}

}  // namespace

Result<InvokeFrame> encode_invocation(const Invocation& invocation, std::span<std::byte> memory) {
  Cursor cursor(memory);
  InvokeFrame frame;
  frame.attempt = invocation.attempt;
  const std::size_t ids = invocation.request_id.size() + invocation.idempotency_key.size() + 8;
  const auto* stream = std::get_if<StreamEvent>(&invocation.event);
  const BatchSize batch = stream != nullptr ? size_of(*stream) : BatchSize{};
  const std::size_t event_size =
      stream != nullptr ? batch.bytes : std::get<PayloadEvent>(invocation.event).bytes.size();
  if (ids + event_size > memory.size()) {
    return fail(Errc::limit_exceeded, fmt::format("the event has {} bytes, at most {} fit into one invocation",
                                                  event_size, memory.size() - ids));
  }
  frame.request_id = cursor.put(invocation.request_id);
  frame.idempotency_key = cursor.put(invocation.idempotency_key);
  cursor.align();
  frame.event.offset = cursor.at();
  if (stream != nullptr) {
    frame.kind = SHARDMILL_STREAM_BATCH;
    put_batch(*stream, batch.records, memory.subspan(cursor.at()));
    std::memcpy(&frame.event.size, memory.data() + cursor.at() + offsetof(shardmill_stream_batch, batch_size),
                sizeof frame.event.size);
  } else {
    frame.kind = SHARDMILL_PAYLOAD;
    frame.event = cursor.put(std::get<PayloadEvent>(invocation.event).bytes);
  }
  return frame;
}

}  // namespace shardmill::worker
