// What the operating system does for us: child processes and folder watches. Implemented by runtime/host on one libuv
// thread of its own, which lives from the start of the process to its end.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/interface.h"
#include "base/result.h"

namespace shardmill {

struct ChildSpec {
  std::string file;                      // executable
  std::vector<std::string> arguments;    // argv, with argv[0]
  std::vector<std::string> environment;  // "NAME=value", nothing inherited
  // Descriptors the child gets as 0, 1, 2, 3, ... in this order; -1 gives /dev/null. All others are closed.
  // Borrowed for the call.
  std::vector<int> descriptors;
};

struct ChildExit {
  int code = 0;    // of exit(), when signal is 0
  int signal = 0;  // that ended it
};

// A running or ended child. Destroying it kills the child if it still runs and leaves the reaping to the host.
class Child : public Interface {
 public:
  virtual int pid() const = 0;
  // SIGKILL. Any thread, any number of times; harmless after the end (no other process can be hit).
  virtual void kill() = 0;
};

class Children : public Interface {
 public:
  // Any thread but the host's; blocks for about a millisecond. `ended` runs once on the host thread, after the child
  // was reaped, also when the Child was destroyed first: it must only post. Fails with io.
  virtual Result<std::unique_ptr<Child>> spawn(const ChildSpec& spec, std::function<void(ChildExit)> ended) = 0;
};

class FolderWatches : public Interface {
 public:
  // Calls `changed` on the host thread (only post) after something in `folder` (not below) may have changed; bursts
  // are folded. A folder that cannot be watched fails with io or not_found; callers rescan at intervals as well.
  // The handle ends the watch.
  virtual Result<std::unique_ptr<Interface>> watch(const std::filesystem::path& folder,
                                                   std::function<void()> changed) = 0;
};

}  // namespace shardmill
