// Memory that two processes share, or that one hands to another: a sealed memfd.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace shardmill::worker {

// Owns a descriptor; -1 is none.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd() { reset(); }
  [[nodiscard]] int get() const { return fd_; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

// A mapping, unmapped with its owner.
class Mapping {
 public:
  Mapping() = default;
  explicit Mapping(std::span<std::byte> memory) : memory_(memory) {}
  Mapping(Mapping&& other) noexcept : memory_(std::exchange(other.memory_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~Mapping();
  [[nodiscard]] std::span<std::byte> memory() const { return memory_; }

 private:
  std::span<std::byte> memory_;
};

// Every function fails with io.

// Memory that only this process can write: its own mapping is made before the file is sealed against others'.
struct SharedMemory {
  OwnedFd file;
  Mapping mapping;
};
Result<SharedMemory> make_input_memory(std::size_t size);
// Memory that the other side writes and this process only reads. Its size is sealed.
Result<SharedMemory> make_output_memory(std::size_t size);
// Maps a file that came from the other side.
Result<Mapping> map_shared(int fd, std::size_t size, bool writable);
// Private memory of this process, taken only where it is touched.
Result<Mapping> make_private_memory(std::size_t size);
// A copy of a file's bytes that nobody can change any more. `name` shows up in the maps of processes.
Result<OwnedFd> sealed_copy(const std::string& path, const std::string& name);

}  // namespace shardmill::worker
