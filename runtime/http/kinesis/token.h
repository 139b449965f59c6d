// Opaque texts that clients hand back: sealed with a key, so that a forged or damaged one is known, and kept by no one,
// so that they outlive a restart.
//
//   token := base64( kind u8 | payload | first 16 bytes of HMAC-SHA256(key, kind | payload) )
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace shardmill::http::kinesis {

using TokenKey = std::array<std::byte, 32>;

enum class TokenKind : char { shard_iterator = 1, shard_page = 2, stream_page = 3 };

// Immutable; any thread.
class TokenSeal {
 public:
  explicit TokenSeal(const TokenKey& key) : key_(key) {}
  [[nodiscard]] std::string seal(TokenKind kind, std::string_view payload) const;
  // The payload; nothing if the text is no token of this kind and key.
  [[nodiscard]] std::optional<std::string> open(TokenKind kind, std::string_view text) const;

 private:
  [[nodiscard]] std::string mac(std::string_view bytes) const;

  TokenKey key_;
};

}  // namespace shardmill::http::kinesis
