// The lock on the data folder.
#include "store/folder.h"

#include <csignal>
#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

#include "store_fixture.h"

namespace shardmill::test {
namespace {

using store::Folder;

// Opens the folder in a child process and hands `then` what came of it. The exit code of the child.
template <class Then>
int in_child(const std::filesystem::path& path, Then then) {
  pid_t child = ::fork();
  if (child == 0) {
    Result<Folder> folder = Folder::open(path);
    ::_exit(then(folder));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST_CASE("a data folder belongs to one process at a time, and says to which") {
  TempFolder folder;
  Result<Folder> owner = Folder::open(folder.path());
  REQUIRE(owner);
  std::string wanted = " is in use by process " + std::to_string(::getpid());
  int refused = in_child(folder.path(), [&](const Result<Folder>& second) {
    return !second && second.error().code == Errc::in_use && second.error().text.ends_with(wanted) ? 1 : 2;
  });
  CHECK(refused == 1);
}

TEST_CASE("a folder whose owner was killed while it started a child opens") {
  TempFolder folder;
  int to_grandchild[2];
  REQUIRE(::pipe(to_grandchild) == 0);
  int owned = in_child(folder.path(), [&](const Result<Folder>& owner) {
    if (!owner) return 2;
    if (::fork() == 0) {  // shares the owner's lock until its pipe is closed
      ::close(to_grandchild[1]);
      char byte;
      ::_exit(static_cast<int>(::read(to_grandchild[0], &byte, 1)));
    }
    return 1;
  });
  REQUIRE(owned == 1);
  ::close(to_grandchild[0]);

  pid_t closer = ::fork();  // opening must be under way before the lock is let go
  if (closer == 0) {
    ::usleep(50'000);
    ::_exit(0);
  }
  ::close(to_grandchild[1]);
  Result<Folder> next = Folder::open(folder.path());
  CHECK(next);
  ::waitpid(closer, nullptr, 0);
}

}  // namespace
}  // namespace shardmill::test
