#include "dispatch/output_reader.h"

#include <cstring>

#include <fmt/format.h>

#include "base/utf8.h"

namespace shardmill::dispatch {
namespace {

constexpr std::size_t kMaxHashDigits = 39;

// The number of characters; nothing if it is not well-formed.
std::optional<std::size_t> characters(std::string_view text) {
  unsigned char any = 0;
  for (char c : text) any |= static_cast<unsigned char>(c);
  if (any < 0x80) return text.size();
  std::size_t count = 0;
  while (!text.empty()) {
    Utf8Step step = next_utf8(text);
    if (!step.valid) return std::nullopt;
    text.remove_prefix(step.bytes);
    ++count;
  }
  return count;
}

}  // namespace

bool OutputReader::refuse(std::string why) {
  problem_ = fmt::format("output {} of {}: {}", done_ + 1, count_, why);
  return false;
}

std::span<const Output> OutputReader::next_group() {
  if (!keys_ && count_ > 0) keys_ = std::make_unique_for_overwrite<char[]>(kGroup * kMaxKeyBytes);
  next_key_ = keys_.get();
  std::size_t size = 0;
  while (size < kGroup && next(group_[size])) ++size;
  return {group_.data(), size};
}

bool OutputReader::next(Output& output) {
  if (!problem_.empty()) return false;
  if (done_ == count_) {
    if (!rest_.empty()) problem_ = fmt::format("{} bytes follow the last of {} outputs", rest_.size(), count_);
    return false;
  }
  OutputHeader header;
  if (rest_.size() < sizeof header) {
    return refuse(fmt::format("its header needs {} bytes, {} are left", sizeof header, rest_.size()));
  }
  std::memcpy(&header, rest_.data(), sizeof header);
  rest_ = rest_.subspan(sizeof header);
  if (header.reserved != 0) return refuse(fmt::format("its reserved field is {}, wanted 0", header.reserved));
  if (header.stream >= streams_.size()) {
    return refuse(
        fmt::format("it goes to stream {}, the function has {} in Outputs", header.stream, streams_.size()));
  }
  std::size_t size = std::size_t{header.key_size} + header.hash_key_size + header.data_size;
  if (size > rest_.size()) return refuse(fmt::format("it has {} bytes, {} are left", size, rest_.size()));
  if (std::size_t{header.key_size} + header.data_size > kMaxOutputBytes) {
    return refuse(fmt::format("key and data have {} bytes, wanted at most {}",
                              std::size_t{header.key_size} + header.data_size, kMaxOutputBytes));
  }
  output.stream = header.stream;
  if (!read_key(header, output) || !read_hash(header, output)) return false;
  output.data = rest_.first(header.data_size);
  rest_ = rest_.subspan(header.data_size);
  ++done_;
  return true;
}

bool OutputReader::read_key(const OutputHeader& header, Output& output) {
  if (header.key_size == 0 || header.key_size > kMaxKeyBytes) {
    return refuse(fmt::format("its partition key has {} bytes, wanted 1 to {} characters", header.key_size,
                              kMaxOutputKeyCharacters));
  }
  std::memcpy(next_key_, rest_.data(), header.key_size);
  rest_ = rest_.subspan(header.key_size);
  output.key = {next_key_, header.key_size};
  next_key_ += header.key_size;
  std::optional<std::size_t> count = characters(output.key);
  if (!count) return refuse("its partition key is not UTF-8");
  if (*count > kMaxOutputKeyCharacters) {
    return refuse(
        fmt::format("its partition key has {} characters, wanted 1 to {}", *count, kMaxOutputKeyCharacters));
  }
  return true;
}

bool OutputReader::read_hash(const OutputHeader& header, Output& output) {
  output.explicit_hash.reset();
  if (header.hash_key_size == 0) return true;
  if (header.hash_key_size > kMaxHashDigits) {
    return refuse(fmt::format("its explicit hash key has {} digits, wanted at most {}", header.hash_key_size,
                              kMaxHashDigits));
  }
  std::array<char, kMaxHashDigits> digits;
  std::memcpy(digits.data(), rest_.data(), header.hash_key_size);
  rest_ = rest_.subspan(header.hash_key_size);
  output.explicit_hash = parse_hash_key({digits.data(), header.hash_key_size});
  if (!output.explicit_hash) {
    return refuse("its explicit hash key is not a decimal number from 0 to 2^128 - 1");
  }
  return true;
}

}  // namespace shardmill::dispatch
