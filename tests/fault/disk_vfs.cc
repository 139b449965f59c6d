#include "disk_vfs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

namespace shardmill::test {

// Guarded by its mutex.
struct DiskVfs::Sharing {
  std::mutex mutex;
  int readers = 0;  // who hold SHARED or more
  const void* reserved = nullptr;
  const void* exclusive = nullptr;

  struct Slot {
    int shared = 0;
    const void* exclusive = nullptr;
  };
  std::array<Slot, SQLITE_SHM_NLOCK> slots{};
  std::vector<std::unique_ptr<std::byte[]>> regions;
  int mapped = 0;  // files that have the regions
};

// The functions that SQLite calls, and what they work on.
struct DiskCalls {
  struct File : sqlite3_file {
    DiskVfs* vfs = nullptr;
    FaultyDisk::FileRef file;
    std::shared_ptr<DiskVfs::Sharing> sharing;
    int lock = SQLITE_LOCK_NONE;
    bool sync_directory = false;  // with the next sync: its name is new
    bool has_regions = false;
    std::uint32_t shared_slots = 0;  // bits
    std::uint32_t exclusive_slots = 0;

    [[nodiscard]] FaultyDisk& disk() const { return vfs->disk_; }
  };

  static File& of(sqlite3_file* file) { return *static_cast<File*>(file); }
  static DiskVfs& of(sqlite3_vfs* vfs) { return *static_cast<DiskVfs*>(vfs->pAppData); }

  // `doing`: SQLite's code for this kind of input or output having failed.
  static int code(FaultyDisk::Outcome outcome, int doing) {
    switch (outcome) {
      case FaultyDisk::Outcome::done:
        return SQLITE_OK;
      case FaultyDisk::Outcome::full:
        errno = ENOSPC;
        return SQLITE_FULL;
      case FaultyDisk::Outcome::end_of_file:
        return SQLITE_IOERR_SHORT_READ;
      default:
        errno = EIO;
        return doing;
    }
  }

  // ---- a file --------------------------------------------------------------------------------------------------

  static int close(sqlite3_file* base) {
    File& file = of(base);
    shm_unmap(base, 0);
    unlock(base, SQLITE_LOCK_NONE);
    file.~File();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* base, void* into, int size, sqlite3_int64 offset) {
    std::span<std::byte> room(static_cast<std::byte*>(into), static_cast<std::size_t>(size));
    return code(of(base).disk().read(*of(base).file, room, static_cast<std::uint64_t>(offset)), SQLITE_IOERR_READ);
  }

  static int write(sqlite3_file* base, const void* from, int size, sqlite3_int64 offset) {
    Bytes bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(size));
    return code(of(base).disk().write(*of(base).file, bytes, static_cast<std::uint64_t>(offset)),
                SQLITE_IOERR_WRITE);
  }

  static int truncate(sqlite3_file* base, sqlite3_int64 size) {
    return code(of(base).disk().resize(*of(base).file, static_cast<std::uint64_t>(size)), SQLITE_IOERR_TRUNCATE);
  }

  static int sync(sqlite3_file* base, int) {
    File& file = of(base);
    int rc = code(file.disk().sync(*file.file), SQLITE_IOERR_FSYNC);
    if (rc != SQLITE_OK || !file.sync_directory) return rc;
    file.sync_directory = false;
    return code(file.disk().sync_directory(), SQLITE_IOERR_DIR_FSYNC);
  }

  static int file_size(sqlite3_file* base, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(of(base).disk().size(*of(base).file));
    return SQLITE_OK;
  }

  static int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 4096; }
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  // ---- locks of the database file ------------------------------------------------------------------------------

  static int lock(sqlite3_file* base, int wanted) {
    File& file = of(base);
    DiskVfs::Sharing& sharing = *file.sharing;
    std::lock_guard guard(sharing.mutex);
    if (wanted <= file.lock) return SQLITE_OK;
    if (sharing.exclusive != nullptr && sharing.exclusive != &file) return SQLITE_BUSY;
    if (wanted >= SQLITE_LOCK_RESERVED) {
      if (sharing.reserved != nullptr && sharing.reserved != &file) return SQLITE_BUSY;
      sharing.reserved = &file;
    }
    if (wanted == SQLITE_LOCK_EXCLUSIVE) {
      if (sharing.readers > 1) return SQLITE_BUSY;
      sharing.exclusive = &file;
    }
    if (file.lock == SQLITE_LOCK_NONE) ++sharing.readers;
    file.lock = wanted;
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* base, int wanted) {
    File& file = of(base);
    std::lock_guard guard(file.sharing->mutex);
    if (file.lock <= wanted) return SQLITE_OK;
    if (file.sharing->reserved == &file) file.sharing->reserved = nullptr;
    if (file.sharing->exclusive == &file) file.sharing->exclusive = nullptr;
    if (wanted == SQLITE_LOCK_NONE) --file.sharing->readers;
    file.lock = wanted;
    return SQLITE_OK;
  }

  static int check_reserved(sqlite3_file* base, int* reserved) {
    std::lock_guard guard(of(base).sharing->mutex);
    *reserved = of(base).sharing->reserved != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  // ---- the index of the log ------------------------------------------------------------------------------------

  static int shm_map(sqlite3_file* base, int region, int size, int extend, void volatile** at) {
    File& file = of(base);
    std::lock_guard guard(file.sharing->mutex);
    auto& regions = file.sharing->regions;
    if (!file.has_regions) ++file.sharing->mapped;
    file.has_regions = true;
    *at = nullptr;
    while (extend != 0 && regions.size() <= static_cast<std::size_t>(region)) {
      regions.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(size)));
    }
    if (static_cast<std::size_t>(region) < regions.size()) *at = regions[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
  }

  static int shm_lock(sqlite3_file* base, int first, int count, int flags) {
    File& file = of(base);
    std::lock_guard guard(file.sharing->mutex);
    auto slots =
        std::span(file.sharing->slots).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    std::uint32_t mask = ((1U << count) - 1) << first;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      release(file, slots, mask, first);
      return SQLITE_OK;
    }
    bool wants_all = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if (((wants_all ? file.exclusive_slots : file.shared_slots) & mask) == mask) return SQLITE_OK;
    bool taken = std::ranges::any_of(
        slots, [&](const auto& slot) { return slot.exclusive != nullptr || (wants_all && slot.shared > 0); });
    if (taken) return SQLITE_BUSY;
    for (auto& slot : slots)
      wants_all ? static_cast<void>(slot.exclusive = &file) : static_cast<void>(++slot.shared);
    (wants_all ? file.exclusive_slots : file.shared_slots) |= mask;
    return SQLITE_OK;
  }

  static void release(File& file, std::span<DiskVfs::Sharing::Slot> slots, std::uint32_t mask, int first) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      std::uint32_t bit = 1U << (static_cast<std::size_t>(first) + i);
      if ((file.exclusive_slots & bit) != 0) slots[i].exclusive = nullptr;
      if ((file.shared_slots & bit) != 0) --slots[i].shared;
    }
    file.exclusive_slots &= ~mask;
    file.shared_slots &= ~mask;
  }

  static void shm_barrier(sqlite3_file* base) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    std::lock_guard guard(of(base).sharing->mutex);
  }

  static int shm_unmap(sqlite3_file* base, int) {
    File& file = of(base);
    std::lock_guard guard(file.sharing->mutex);
    if (!file.has_regions) return SQLITE_OK;
    file.has_regions = false;
    release(file, file.sharing->slots, ~0U, 0);
    if (--file.sharing->mapped == 0) file.sharing->regions.clear();
    return SQLITE_OK;
  }

  // ---- the folder ----------------------------------------------------------------------------------------------

  static const sqlite3_io_methods kMethods;

  static int open(sqlite3_vfs* base, const char* path, sqlite3_file* into, int flags, int* flags_out) {
    DiskVfs& vfs = of(base);
    into->pMethods = nullptr;
    std::string name = path == nullptr ? "" : path;
    bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
    bool is_new_journal = (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 && !vfs.disk_.exists(name);
    auto file = vfs.disk_.open(name, (flags & SQLITE_OPEN_CREATE) != 0, is_log);
    if (file == nullptr) {
      errno = ENOENT;
      return SQLITE_CANTOPEN;
    }
    auto* opened = new (into) File;
    opened->vfs = &vfs;
    opened->file = std::move(file);
    opened->sharing = vfs.sharing(name);
    // Of a log that is not new the store sees to the folder itself when it opens (load.cc): done for it here.
    opened->sync_directory = is_new_journal || is_log;
    opened->pMethods = &kMethods;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* base, const char* path, int sync_directory) {
    FaultyDisk& disk = of(base).disk_;
    if (!disk.exists(path)) return SQLITE_IOERR_DELETE_NOENT;
    int rc = code(disk.remove(path), SQLITE_IOERR_DELETE);
    return rc == SQLITE_OK && sync_directory != 0 ? code(disk.sync_directory(), SQLITE_IOERR_DIR_FSYNC) : rc;
  }

  static int access(sqlite3_vfs* base, const char* path, int, int* there) {
    *there = of(base).disk_.exists(path) ? 1 : 0;
    return SQLITE_OK;
  }

  static int full_pathname(sqlite3_vfs*, const char* path, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
  }
};

const sqlite3_io_methods DiskCalls::kMethods = {
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

std::vector<std::unique_ptr<DiskVfs::Registered>>& DiskVfs::unused() {
  static auto* all = new std::vector<std::unique_ptr<Registered>>;  // SQLite's list is never taken down either
  return *all;
}

DiskVfs::DiskVfs(FaultyDisk& disk) : disk_(disk) {
  if (unused().empty()) {
    static unsigned count = 0;
    auto made = std::make_unique<Registered>();
    made->name = "faulty-" + std::to_string(++count);
    made->vfs = *sqlite3_vfs_find(nullptr);  // time, chance and sleep are the system's
    made->vfs.iVersion = 2;
    made->vfs.szOsFile = sizeof(DiskCalls::File);
    made->vfs.pNext = nullptr;
    made->vfs.zName = made->name.c_str();
    made->vfs.xOpen = DiskCalls::open;
    made->vfs.xDelete = DiskCalls::remove;
    made->vfs.xAccess = DiskCalls::access;
    made->vfs.xFullPathname = DiskCalls::full_pathname;
    sqlite3_vfs_register(&made->vfs, 0);
    unused().push_back(std::move(made));
  }
  registered_ = std::move(unused().back());
  unused().pop_back();
  registered_->vfs.pAppData = this;
}

DiskVfs::~DiskVfs() {
  unused().push_back(std::move(registered_));
}

std::shared_ptr<DiskVfs::Sharing> DiskVfs::sharing(const std::string& file) {
  if (file.empty()) return std::make_shared<Sharing>();
  std::lock_guard lock(mutex_);
  auto& sharing = sharings_[file];
  if (sharing == nullptr) sharing = std::make_shared<Sharing>();
  return sharing;
}

}  // namespace shardmill::test
