// How the tests go through the shelf of bad functions.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "support/worker_fixture.h"

namespace shardmill::test {

struct Bad {
  std::string deed;
  OutcomeKind kind;
  std::string type;
  std::string reason;
};

inline InvocationResult bad_deed(WorkerFixture& fixture, WorkerPool& pool, const std::string& deed) {
  const bool never_returns = deed.starts_with("hang") || deed == "sleep";
  return fixture.call(pool, deed, std::chrono::milliseconds(never_returns ? 250 : 60'000));
}

// Each failed attempt is followed by a good one, in a worker that has seen nothing.
inline void check_shelf(const std::vector<Bad>& shelf,
                        Deployment deployment = WorkerFixture::deployment("bad_deeds")) {
  WorkerFixture fixture;
  auto pool = fixture.open(std::move(deployment));
  for (const Bad& bad : shelf) {
    INFO(bad.deed);
    InvocationResult result = bad_deed(fixture, *pool, bad.deed);
    CHECK(result.outcome.kind == bad.kind);
    CHECK(result.outcome.error_type == bad.type);
    CHECK(result.outcome.reason == bad.reason);
    InvocationResult next = fixture.call(*pool, "thread");
    CHECK(next.outcome.reason == "");
    CHECK(next.response == "joined");
    CHECK(pool->running() == 1);
  }
}

}  // namespace shardmill::test
