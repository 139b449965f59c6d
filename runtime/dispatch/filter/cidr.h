// An IPv4 or IPv6 network in "address/bits" form.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace shardmill::filter {

class Cidr {
 public:
  // Host bits below the mask are allowed and ignored.
  static Result<Cidr> parse(std::string_view text);

  // False for anything that is not an address of the same family.
  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  std::array<std::uint8_t, 16> network_{};
  std::size_t size_ = 4;  // bytes of an address of this family
  unsigned bits_ = 0;
};

}  // namespace shardmill::filter
