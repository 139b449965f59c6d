#include "store/reserve.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace shardmill::store {

void Reserve::give_up() {
  ::unlink(path_.c_str());
  given_up_ = true;
}

bool Reserve::take_back() {
  int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  int error = file < 0 ? errno : 0;
  if (file >= 0) {
    if (::fallocate(file, 0, 0, static_cast<off_t>(bytes_)) != 0) error = errno;
    ::close(file);
  }
  // A file system that cannot set space aside works without.
  given_up_ = error == ENOSPC || error == EDQUOT;
  if (given_up_) ::unlink(path_.c_str());
  return !given_up_;
}

}  // namespace shardmill::store
