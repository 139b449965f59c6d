#include "store/log_vfs.h"

#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>

#include <fmt/format.h>
#include <sqlite3.h>

namespace shardmill::store {
namespace {

// Most bytes held back. SQLite's VFS for unix takes 17 bits of a write's size.
constexpr std::size_t kGathered = std::size_t{124} << 10;

// The write-ahead log as the writer's connection sees it. SQLite owns the memory, in which the base's file follows.
class LogFile : public sqlite3_file {
 public:
  explicit LogFile(const sqlite3_io_methods& methods) : sqlite3_file{&methods} {}

  sqlite3_file* base() { return reinterpret_cast<sqlite3_file*>(this + 1); }

  int write(const void* data, int size, sqlite3_int64 offset) {
    auto bytes = static_cast<std::size_t>(size);
    if (held_ > 0 && (offset != start_ + static_cast<sqlite3_int64>(held_) || held_ + bytes > kGathered)) {
      if (int failed = flush(); failed != SQLITE_OK) return failed;
    }
    if (bytes > kGathered) return base()->pMethods->xWrite(base(), data, size, offset);
    if (held_ == 0) start_ = offset;
    std::memcpy(gathered_.get() + held_, data, bytes);
    held_ += bytes;
    return SQLITE_OK;
  }

  // Writes what is gathered. After a failure it is forgotten: SQLite undoes the commit that it belonged to.
  int flush() {
    if (held_ == 0) return SQLITE_OK;
    auto size = static_cast<int>(held_);
    held_ = 0;
    return base()->pMethods->xWrite(base(), gathered_.get(), size, start_);
  }

 private:
  std::unique_ptr<std::byte[]> gathered_ = std::make_unique_for_overwrite<std::byte[]>(kGathered);
  sqlite3_int64 start_ = 0;  // where in the file the held bytes belong
  std::size_t held_ = 0;
};

LogFile& log(sqlite3_file* file) {
  return *static_cast<LogFile*>(file);
}

// A method of the base's file, called with what is gathered in the file.
template <auto kMethod>
struct Flushed;
template <class... Args, int (*sqlite3_io_methods::*kMethod)(sqlite3_file*, Args...)>
struct Flushed<kMethod> {
  static int call(sqlite3_file* file, Args... args) {
    if (int failed = log(file).flush(); failed != SQLITE_OK) return failed;
    sqlite3_file* base = log(file).base();
    return (base->pMethods->*kMethod)(base, args...);
  }
};

// A method of the base's file that has nothing to do with its bytes.
template <auto kMethod>
struct Plain;
template <class... Args, int (*sqlite3_io_methods::*kMethod)(sqlite3_file*, Args...)>
struct Plain<kMethod> {
  static int call(sqlite3_file* file, Args... args) {
    sqlite3_file* base = log(file).base();
    return (base->pMethods->*kMethod)(base, args...);
  }
};

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  return log(file).write(data, size, offset);
}

int close(sqlite3_file* file) {
  int flushed = log(file).flush();
  int closed = log(file).base()->pMethods->xClose(log(file).base());
  log(file).~LogFile();
  return flushed != SQLITE_OK ? flushed : closed;
}

constexpr sqlite3_io_methods kLogMethods = {
    .iVersion = 1,  // the log has no shared memory and is not mapped
    .xClose = close,
    .xRead = Flushed<&sqlite3_io_methods::xRead>::call,
    .xWrite = write,
    .xTruncate = Flushed<&sqlite3_io_methods::xTruncate>::call,
    .xSync = Flushed<&sqlite3_io_methods::xSync>::call,
    .xFileSize = Flushed<&sqlite3_io_methods::xFileSize>::call,
    .xLock = Plain<&sqlite3_io_methods::xLock>::call,
    .xUnlock = Plain<&sqlite3_io_methods::xUnlock>::call,
    .xCheckReservedLock = Plain<&sqlite3_io_methods::xCheckReservedLock>::call,
    .xFileControl = Plain<&sqlite3_io_methods::xFileControl>::call,
    .xSectorSize = Plain<&sqlite3_io_methods::xSectorSize>::call,
    .xDeviceCharacteristics = Plain<&sqlite3_io_methods::xDeviceCharacteristics>::call,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs* base_of(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

// A method of the base VFS.
template <auto kMethod>
struct OfBase;
template <class Return, class... Args, Return (*sqlite3_vfs::*kMethod)(sqlite3_vfs*, Args...)>
struct OfBase<kMethod> {
  static Return call(sqlite3_vfs* vfs, Args... args) { return (base_of(vfs)->*kMethod)(base_of(vfs), args...); }
};

int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* given) {
  sqlite3_vfs* base = base_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return base->xOpen(base, name, file, flags, given);
  file->pMethods = nullptr;  // nothing to close if this fails
  auto* under = reinterpret_cast<sqlite3_file*>(static_cast<LogFile*>(file) + 1);
  int opened = base->xOpen(base, name, under, flags, given);
  if (opened == SQLITE_OK) new (file) LogFile(kLogMethods);
  return opened;
}

sqlite3_vfs over(sqlite3_vfs& base, const char* name) {
  return {
      .iVersion = 1,
      .szOsFile = static_cast<int>(sizeof(LogFile)) + base.szOsFile,
      .mxPathname = base.mxPathname,
      .pNext = nullptr,
      .zName = name,
      .pAppData = &base,
      .xOpen = open,
      .xDelete = OfBase<&sqlite3_vfs::xDelete>::call,
      .xAccess = OfBase<&sqlite3_vfs::xAccess>::call,
      .xFullPathname = OfBase<&sqlite3_vfs::xFullPathname>::call,
      .xDlOpen = OfBase<&sqlite3_vfs::xDlOpen>::call,
      .xDlError = OfBase<&sqlite3_vfs::xDlError>::call,
      .xDlSym = nullptr,  // extensions are never loaded
      .xDlClose = OfBase<&sqlite3_vfs::xDlClose>::call,
      .xRandomness = OfBase<&sqlite3_vfs::xRandomness>::call,
      .xSleep = OfBase<&sqlite3_vfs::xSleep>::call,
      .xCurrentTime = OfBase<&sqlite3_vfs::xCurrentTime>::call,
      .xGetLastError = OfBase<&sqlite3_vfs::xGetLastError>::call,
      .xCurrentTimeInt64 = nullptr,
      .xSetSystemCall = nullptr,
      .xGetSystemCall = nullptr,
      .xNextSystemCall = nullptr,
  };
}

}  // namespace

Result<std::string> log_vfs(const std::string& base) {
  static std::mutex mutex;
  static auto& registered = *new std::map<std::string, sqlite3_vfs>();  // by name; SQLite points into it to the end
  std::lock_guard lock(mutex);
  std::string name = "shardmill-log-over-" + base;
  if (registered.contains(name)) return name;
  sqlite3_vfs* under = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
  if (under == nullptr) return fail(Errc::invalid, fmt::format("store: there is no SQLite VFS named \"{}\"", base));
  auto at = registered.emplace(name, sqlite3_vfs{}).first;
  at->second = over(*under, at->first.c_str());
  if (sqlite3_vfs_register(&at->second, 0) == SQLITE_OK) return name;
  registered.erase(at);
  return fail(Errc::internal, "store: out of memory");
}

}  // namespace shardmill::store
