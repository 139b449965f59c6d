#include "dispatch/filter/cidr.h"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace shardmill::filter {
namespace {

// The number of bytes of the address, 0 if `text` is none.
std::size_t parse_address(std::string_view text, std::array<std::uint8_t, 16>& out) {
  char terminated[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof terminated) return 0;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  if (std::strlen(terminated) != text.size()) return 0;
  if (inet_pton(AF_INET, terminated, out.data()) == 1) return 4;
  if (inet_pton(AF_INET6, terminated, out.data()) == 1) return 16;
  return 0;
}

}  // namespace

Result<Cidr> Cidr::parse(std::string_view text) {
  std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return fail(Errc::invalid, "malformed CIDR: one '/' is needed");
  Cidr cidr;
  cidr.size_ = parse_address(text.substr(0, slash), cidr.network_);
  if (cidr.size_ == 0) return fail(Errc::invalid, "malformed CIDR: not an IP address");
  std::string_view bits = text.substr(slash + 1);
  auto [stop, error] = std::from_chars(bits.data(), bits.data() + bits.size(), cidr.bits_);
  if (error != std::errc() || stop != bits.data() + bits.size() || cidr.bits_ > cidr.size_ * 8) {
    return fail(Errc::invalid, "malformed CIDR: bad number of mask bits");
  }
  return cidr;
}

bool Cidr::contains(std::string_view address) const {
  std::array<std::uint8_t, 16> found{};
  if (parse_address(address, found) != size_) return false;
  std::size_t whole = bits_ / 8;
  if (std::memcmp(found.data(), network_.data(), whole) != 0) return false;
  unsigned rest = bits_ % 8;
  return rest == 0 || (found[whole] ^ network_[whole]) >> (8 - rest) == 0;
}

}  // namespace shardmill::filter
