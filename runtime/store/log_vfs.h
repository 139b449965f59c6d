// A SQLite VFS for the connection that writes: it gathers the small writes of a commit to the write-ahead log (a frame's
// header, its page, the next header, ...) into large ones, which cost the kernel a fraction. Only the log is touched; all
// other files are the base VFS's own.
//
// What is gathered is in the file before a sync, a read, a change of size and the close of it, so the file is never
// behind when SQLite tells other connections of new frames: with synchronous=FULL (and only with it) each commit syncs
// the log first. A write that fails is thereby told by the sync of the same commit.
#pragma once

#include <string>

#include "base/result.h"

namespace shardmill::store {

// The name of the VFS over `base` (empty: the system's), registered for the life of the process. Any thread.
Result<std::string> log_vfs(const std::string& base);

}  // namespace shardmill::store
