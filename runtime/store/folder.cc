#include "store/folder.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace shardmill::store {
namespace {

// The process id that the owner of the lock has left in its file; 0 if there is none.
pid_t owner_of(int lock) {
  char text[32] = {};
  ssize_t size = ::pread(lock, text, sizeof text - 1, 0);
  pid_t pid = 0;
  if (size > 0) std::from_chars(text, text + size, pid);
  return pid;
}

bool is_gone(pid_t process) {
  return process > 0 && ::kill(process, 0) != 0 && errno == ESRCH;
}

// 0 once the lock is taken, else the error. A child that the owner was just starting shares the lock until it execs: if
// the owner was killed meanwhile, that moment is waited for.
int take_lock(int lock) {
  constexpr auto kPause = std::chrono::milliseconds(5);
  for (int pauses = 0; ::flock(lock, LOCK_EX | LOCK_NB) != 0; ++pauses) {
    int error = errno;
    if (error != EWOULDBLOCK || pauses == 2000 || !is_gone(owner_of(lock))) return error;
    std::this_thread::sleep_for(kPause);
  }
  return 0;
}

std::unexpected<Error> refused(const std::filesystem::path& path, std::string_view doing, int error) {
  return fail(Errc::io,
              fmt::format("data directory {}: cannot {}: {}", path.string(), doing, std::strerror(error)));
}

// Makes the folder and those above it, durably: each is an entry of the one above.
Result<void> make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::filesystem::path> grown;
  for (auto at = std::filesystem::absolute(path); !std::filesystem::exists(at, error) && at.has_relative_path();) {
    at = at.parent_path();
    grown.push_back(at);
  }
  std::filesystem::create_directories(path, error);
  if (error) return refused(path, "create it", error.value());
  for (const auto& folder : grown) {
    if (Result<void> synced = sync_folder(folder); !synced) return synced;
  }
  return {};
}

}  // namespace

Result<void> sync_folder(const std::filesystem::path& path) {
  int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int error = folder < 0 || ::fsync(folder) != 0 ? errno : 0;
  if (folder >= 0) ::close(folder);
  if (error != 0) return refused(path, "sync it", error);
  return {};
}

Result<Folder> Folder::open(const std::filesystem::path& path) {
  if (Result<void> made = make_folder(path); !made) return std::unexpected(made.error());
  int lock = ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return refused(path, "write to it", errno);
  Folder folder(path, lock);
  if (int error = take_lock(lock); error != 0) {
    if (error != EWOULDBLOCK) return refused(path, "lock it", error);
    pid_t owner = owner_of(lock);
    return fail(Errc::in_use, fmt::format("data directory {} is in use by {}", path.string(),
                                          owner > 0 ? fmt::format("process {}", owner) : "another process"));
  }
  std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) {
    if (errno != ENOSPC) return refused(path, "write to it", errno);  // a full disk must not keep a store closed
  }
  return folder;
}

Folder::~Folder() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace shardmill::store
