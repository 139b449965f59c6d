// Calls the function as the runtime would, without a server.
#include <cstdio>

#include <nlohmann/json.hpp>
#include <shardmill/testing.h>

namespace {

using nlohmann::json;
using shardmill::testing::BatchBuilder;
using shardmill::testing::Function;
using shardmill::testing::Result;

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("FAILED: %s\n", what);
  ++failures;
}

std::string click(const char* session, const char* at, const char* action) {
  return json{{"session", session}, {"user", "u-1"}, {"at", at}, {"action", action}}.dump();
}

void sums_up_each_session() {
  BatchBuilder batch("clicks");
  batch.add("u-1", click("s-1", "2026-03-01T10:00:00Z", "view"))
      .add("u-1", click("s-2", "2026-03-01T10:00:01Z", "view"))
      .add("u-1", click("s-1", "2026-03-01T10:05:00Z", "add"))
      .add("u-1", click("s-1", "2026-03-01T10:06:00Z", "buy"));
  Function sessions;
  Result result = sessions(batch);
  check(result.ok && result.emitted.size() == 2, "one summary for each session");
  json first = json::parse(result.emitted[0].data);
  check(first["session"] == "s-1" && first["clicks"] == 3 && first["added"] == 1, "clicks are counted");
  check(first["first"] == "2026-03-01T10:00:00Z" && first["last"] == "2026-03-01T10:06:00Z",
        "times span the session");
  check(first["bought"] == true && first["ended"] == false, "what happened is kept");
  check(result.emitted[0].stream == "sessions" && result.emitted[0].partition_key == "u-1",
        "it goes to the user's shard");
}

void leaves_out_what_is_no_click() {
  BatchBuilder batch("clicks");
  batch.add("k", "not json").add("k", "{}").add("k", click("s-1", "2026-03-01T10:00:00Z", "leave"));
  Function sessions;
  Result result = sessions(batch);
  check(result.ok && result.emitted.size() == 1, "the good record is summed up");
  check(result.logs.size() == 3 && result.logs[0].level == shardmill::Level::warn, "each bad one is said");
}

}  // namespace

int main() {
  sums_up_each_session();
  leaves_out_what_is_no_click();
  if (failures == 0) std::puts("all good");
  return failures == 0 ? 0 : 1;
}
