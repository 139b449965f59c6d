// Reads what a function emitted (api/output.h) out of memory that the worker can change at any moment.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/hash_key.h"
#include "api/output.h"
#include "base/bytes.h"

namespace shardmill::dispatch {

inline constexpr std::size_t kMaxKeyBytes = 4 * kMaxOutputKeyCharacters;

// One emitted record. `key` is a copy that lasts until the next group; `data` lies in the worker's memory: its size is
// settled, its bytes are whatever they are when they are copied.
struct Output {
  std::uint16_t stream = 0;  // index into the function's Outputs, checked
  std::string_view key;      // well-formed UTF-8, 1..256 characters
  std::optional<HashKey> explicit_hash;
  Bytes data;
};

// Every size is read once into a local and checked before it is used, every key is copied before it is looked at.
// Outputs come in groups, because hashing many keys at a time is several times cheaper.
class OutputReader {
 public:
  static constexpr std::size_t kGroup = 64;

  OutputReader(Bytes region, std::uint32_t count, const std::vector<std::string>& streams)
      : rest_(region), count_(count), streams_(streams) {}

  // At most kGroup outputs, valid until the next call. None at the end; none or fewer before the first thing that is
  // not right, which problem() then names.
  std::span<const Output> next_group();
  // One sentence: which output, what was found, what was wanted. Empty if all is well so far.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool next(Output& output);
  bool refuse(std::string why);
  bool read_key(const OutputHeader& header, Output& output);
  bool read_hash(const OutputHeader& header, Output& output);

  Bytes rest_;
  const std::uint32_t count_;
  const std::vector<std::string>& streams_;
  std::uint32_t done_ = 0;
  std::array<Output, kGroup> group_;
  std::unique_ptr<char[]> keys_;  // of the group: room for kGroup of them, made when there is a first
  char* next_key_ = nullptr;
  std::string problem_;
};

}  // namespace shardmill::dispatch
