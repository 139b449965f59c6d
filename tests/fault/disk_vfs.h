// SQLite on a FaultyDisk: what its "unix" VFS does with files, done with files of the disk. Locks and the shared-memory
// index of the log are those of one process: no fault befalls them, and a power cut clears them with the process.
#pragma once

#include <string>

#include <sqlite3.h>

#include "faulty_disk.h"

namespace shardmill::test {

// Every connection on it is closed before it goes. Its name stays known to SQLite and is given to a later one: the store
// keeps a VFS of its own over it.
class DiskVfs {
 public:
  // `disk` is borrowed for the life.
  explicit DiskVfs(FaultyDisk& disk);
  ~DiskVfs();
  DiskVfs(const DiskVfs&) = delete;
  DiskVfs& operator=(const DiskVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return registered_->name; }

 private:
  friend struct DiskCalls;
  struct Sharing;  // locks and shared memory of one file

  std::shared_ptr<Sharing> sharing(const std::string& file);

  struct Registered {
    std::string name;
    sqlite3_vfs vfs{};
  };
  static std::vector<std::unique_ptr<Registered>>& unused();

  FaultyDisk& disk_;
  std::unique_ptr<Registered> registered_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Sharing>> sharings_;  // guarded by mutex_
};

}  // namespace shardmill::test
