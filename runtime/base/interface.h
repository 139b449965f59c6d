// The base of every interface: a virtual destructor, and no copies.
#pragma once

namespace shardmill {

class Interface {
 public:
  Interface() = default;
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;
  virtual ~Interface() = default;
};

}  // namespace shardmill
