// Workers on a machine whose kernel has no Landlock: they work, and the server's log says what is missing. The whole
// process, and so its workers, is such a machine from the first test on.
#include <cerrno>

#include <catch2/catch.hpp>
#include <seccomp.h>
#include <sys/syscall.h>

#include "support/worker_fixture.h"

using shardmill::test::WorkerFixture;

namespace {

bool take_landlock_away() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  const bool taken =
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), static_cast<int>(SYS_landlock_create_ruleset), 0) == 0 &&
      seccomp_load(filter) == 0;
  seccomp_release(filter);
  return taken;
}

}  // namespace

TEST_CASE("Without Landlock a worker reads what its user may, and the log says so once") {
  REQUIRE(take_landlock_away());
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("bad_deeds"));
  CHECK(fixture.call(*pool, "read:" + (fixture.home / "data/store.db").string()).response == "allowed");
  CHECK(fixture.call(*pool, "thread").response == "joined");
  REQUIRE(fixture.notices.size() == 1);
  CHECK_THAT(fixture.notices[0], Catch::StartsWith("this machine does not give workers the protection of:"));
  CHECK_THAT(fixture.notices[0], Catch::EndsWith("file access rules (Landlock)"));
}
