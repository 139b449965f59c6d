// Emits how long each record was under way: from the send time that opens its data to the entry of the handler, both
// by the monotonic clock of this machine. One output per batch: nanoseconds as 64-bit little-endian numbers.
#include <cstdint>
#include <cstring>
#include <ctime>
#include <vector>

#include <shardmill/function.h>

namespace {

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

SHARDMILL_FUNCTION([](const shardmill::StreamBatch& batch, shardmill::Context& ctx) {
  std::int64_t entered = monotonic_ns();
  std::vector<std::int64_t> under_way;
  for (shardmill::Record record : batch) {
    std::int64_t sent = 0;
    if (record.data().size() < sizeof sent) continue;
    std::memcpy(&sent, record.data().data(), sizeof sent);
    under_way.push_back(entered - sent);
  }
  if (!under_way.empty()) ctx.emit("latencies", "latency", std::as_bytes(std::span(under_way)));
})
