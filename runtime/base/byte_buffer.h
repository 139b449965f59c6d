// A growing run of bytes that never zero-fills: the hot path writes every byte it asks for.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace shardmill {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    ByteBuffer(std::move(other)).swap(*this);
    return *this;
  }
  ~ByteBuffer() { std::free(data_); }

  // Room for `size` more bytes at the end, uninitialised. Earlier spans are invalid afterwards.
  // Throws std::bad_alloc.
  std::span<std::byte> extend(std::size_t size) {
    reserve(size_ + size);
    std::span<std::byte> room{data_ + size_, size};
    size_ += size;
    return room;
  }
  void append(std::span<const std::byte> bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()).data(), bytes.data(), bytes.size());
  }
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    std::size_t wanted = capacity_ * 2 > capacity ? capacity_ * 2 : capacity;
    auto* moved = static_cast<std::byte*>(std::realloc(data_, wanted));
    if (moved == nullptr) throw std::bad_alloc();
    data_ = moved;
    capacity_ = wanted;
  }
  void resize_down(std::size_t size) { size_ = size < size_ ? size : size_; }
  // Gives memory beyond size() back; for buffers that live long.
  void shrink_to_fit() {
    if (size_ == capacity_ || size_ == 0) return;
    auto* moved = static_cast<std::byte*>(std::realloc(data_, size_));
    if (moved == nullptr) return;
    data_ = moved;
    capacity_ = size_;
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace shardmill
