// Says which version of it was entered, and when: one output per batch, "VERSION MONOTONIC_NS". The driver writes other
// digits over these to make a new version without a compiler.
#include <cstdint>
#include <ctime>
#include <string>

#include <shardmill/function.h>

namespace {

// Read through a volatile pointer, so that the compiler does not know the digits.
constexpr char kVersion[] = "BENCH-VERSION-0000000000";
const char* const volatile version = kVersion;

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

SHARDMILL_FUNCTION([](const shardmill::StreamBatch&, shardmill::Context& ctx) {
  std::int64_t entered = monotonic_ns();
  ctx.emit("versions", "version", std::string(version) + " " + std::to_string(entered));
})
