// What a handler gets: views into memory that the runtime owns. Nothing is copied, and nothing may be kept after the
// handler returns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "shardmill/abi.h"

namespace shardmill {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// "shardId-000000000007"
inline std::string shard_id_of(std::uint32_t number) {
  std::string digits = std::to_string(number);
  return "shardId-" + std::string(12 - digits.size(), '0') + digits;
}

// One record of a stream.
class Record {
 public:
  Record(const shardmill_stream_batch* batch, const shardmill_record* record) : batch_(batch), record_(record) {}

  [[nodiscard]] std::string_view partition_key() const { return text(record_->key_offset, record_->key_size); }
  [[nodiscard]] std::string_view data() const { return text(record_->data_offset, record_->data_size); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(data())); }
  [[nodiscard]] std::uint64_t position() const { return record_->position; }
  [[nodiscard]] Time arrival() const { return Time(std::chrono::milliseconds(record_->arrival_ms)); }
  // 56 digits, made when asked for.
  [[nodiscard]] std::string sequence_number() const {
    constexpr std::size_t prefix = sizeof batch_->sequence_prefix;
    std::string digits(prefix + 20, '0');
    std::memcpy(digits.data(), batch_->sequence_prefix, prefix);
    std::uint64_t rest = record_->position;
    for (std::size_t i = digits.size(); rest != 0; rest /= 10) digits[--i] = static_cast<char>('0' + rest % 10);
    return digits;
  }

 private:
  [[nodiscard]] std::string_view text(std::uint32_t offset, std::uint32_t size) const {
    return {reinterpret_cast<const char*>(batch_) + offset, size};
  }

  const shardmill_stream_batch* batch_;
  const shardmill_record* record_;
};

// Consecutive records of one shard, oldest first. Cheap to copy.
class StreamBatch {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Record;

    Iterator() = default;
    Iterator(const shardmill_stream_batch* batch, const std::byte* at) : batch_(batch), at_(at) {}
    Record operator*() const { return {batch_, reinterpret_cast<const shardmill_record*>(at_)}; }
    Iterator& operator++() {
      at_ += batch_->record_size;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const shardmill_stream_batch* batch_ = nullptr;
    const std::byte* at_ = nullptr;
  };

  explicit StreamBatch(const shardmill_stream_batch* batch) : batch_(batch) {}

  [[nodiscard]] std::size_t size() const { return batch_->record_count; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  // `i` < size()
  [[nodiscard]] Record operator[](std::size_t i) const { return *Iterator(batch_, record_at(i)); }
  [[nodiscard]] Iterator begin() const { return {batch_, record_at(0)}; }
  [[nodiscard]] Iterator end() const { return {batch_, record_at(size())}; }

  [[nodiscard]] std::string_view stream() const { return text(batch_->stream_offset, batch_->stream_size); }
  [[nodiscard]] std::string_view stream_arn() const {
    return text(batch_->stream_arn_offset, batch_->stream_arn_size);
  }
  [[nodiscard]] std::uint32_t shard_number() const { return batch_->shard_number; }
  [[nodiscard]] std::string shard_id() const { return shard_id_of(batch_->shard_number); }

 private:
  [[nodiscard]] const std::byte* record_at(std::size_t i) const {
    return reinterpret_cast<const std::byte*>(batch_) + batch_->records_offset + i * batch_->record_size;
  }
  [[nodiscard]] std::string_view text(std::uint32_t offset, std::uint32_t size) const {
    return {reinterpret_cast<const char*>(batch_) + offset, size};
  }

  const shardmill_stream_batch* batch_;
};

// An event as it came: any bytes, most often JSON.
class Payload {
 public:
  explicit Payload(std::string_view text) : text_(text) {}
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(text_)); }
  operator std::string_view() const { return text_; }  // a handler may take std::string_view instead

 private:
  std::string_view text_;
};

}  // namespace shardmill
