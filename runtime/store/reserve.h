// Space set aside for the day the disk is full: given up then, so that checkpoints of the log, retention and deletions
// still have room to work and to make more. New records are refused until it could be taken back. Writer thread only.
#pragma once

#include <cstdint>
#include <string>

namespace shardmill::store {

class Reserve {
 public:
  Reserve(std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) { take_back(); }

  [[nodiscard]] bool given_up() const { return given_up_; }
  void give_up();
  // True if the space is set aside (again).
  bool take_back();

 private:
  std::string path_;
  std::uint64_t bytes_;
  bool given_up_ = false;
};

}  // namespace shardmill::store
