#include "worker/child/file_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/memory_file.h"
#include "worker/protocol.h"

namespace shardmill::worker::sandbox {

namespace {

// The kernel's interface (Documentation/userspace-api/landlock.rst), as far as it is used: the headers of older systems
// do not have all of it.
namespace landlock {

constexpr unsigned kAskVersion = 1;
constexpr unsigned kPathBeneath = 1;

constexpr std::uint64_t kExecute = 1U << 0;
constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadFolder = 1U << 3;
constexpr std::uint64_t kOfVersion1 = (1U << 13) - 1;  // the above, and to remove and make entries of each kind
constexpr std::uint64_t kMove = 1U << 13;              // between folders; version 2
constexpr std::uint64_t kTruncate = 1U << 14;          // version 3

struct Ruleset {
  std::uint64_t handled_file_access;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t folder;
};

// Of the kernel; 0 or less if it has none.
long version() {
  return syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
}

std::uint64_t all_rights(long version) {
  return kOfVersion1 | (version >= 2 ? kMove : 0) | (version >= 3 ? kTruncate : 0);
}

}  // namespace landlock

constexpr std::uint64_t kToRead = landlock::kExecute | landlock::kReadFile | landlock::kReadFolder;
constexpr std::uint64_t kOfFiles =
    landlock::kExecute | landlock::kWriteFile | landlock::kReadFile | landlock::kTruncate;

bool allow(int ruleset, const std::string& path, std::uint64_t rights) {
  OwnedFd place(open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status{};
  if (place.get() < 0 || fstat(place.get(), &status) != 0) return true;  // not there: nothing to allow
  if (!S_ISDIR(status.st_mode)) rights &= kOfFiles;                      // the kernel takes no others for a file
  const landlock::PathRule rule{rights, place.get()};
  return syscall(SYS_landlock_add_rule, ruleset, landlock::kPathBeneath, &rule, 0) == 0;
}

}  // namespace

std::uint32_t limit_files(const std::vector<std::string>& read, const std::vector<std::string>& write) {
  const long version = landlock::version();
  if (version <= 0) return kFileAccess;
  const landlock::Ruleset all{landlock::all_rights(version)};
  OwnedFd ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0)));
  bool good = ruleset.get() >= 0;
  for (const std::string& path : read) good = good && allow(ruleset.get(), path, kToRead);
  for (const std::string& path : write) good = good && allow(ruleset.get(), path, all.handled_file_access);
  good = good && syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
  return good ? 0U : std::uint32_t{kFileAccess};
}

}  // namespace shardmill::worker::sandbox
