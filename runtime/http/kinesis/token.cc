#include "http/kinesis/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"

namespace shardmill::http::kinesis {
namespace {

constexpr std::size_t kMacBytes = 16;

}  // namespace

std::string TokenSeal::mac(std::string_view bytes) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), kMacBytes};
}

std::string TokenSeal::seal(TokenKind kind, std::string_view payload) const {
  std::string bytes(1, static_cast<char>(kind));
  bytes += payload;
  bytes += mac(bytes);
  return base64_encode(as_bytes(std::string_view(bytes)));
}

std::optional<std::string> TokenSeal::open(TokenKind kind, std::string_view text) const {
  std::optional<std::string> bytes = base64_decode(text);
  if (!bytes || bytes->size() < 1 + kMacBytes || bytes->front() != static_cast<char>(kind)) return std::nullopt;
  std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - kMacBytes);
  std::string expected = mac(body);
  if (CRYPTO_memcmp(expected.data(), body.data() + body.size(), kMacBytes) != 0) return std::nullopt;
  return std::string(body.substr(1));
}

}  // namespace shardmill::http::kinesis
