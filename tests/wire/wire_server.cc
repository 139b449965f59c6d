// The network face over a real store and a clock that tests move: what tests/wire/run_cases.py talks to.
//
//   wire_server DIR [--keys ID=SECRET] [--loops N]
//
// Prints "listening on http://127.0.0.1:PORT" and serves until its stdin ends. POST /test/advance/MS moves the clock.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <random>

#include <fmt/format.h>

#include "http/kinesis/service.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

namespace shardmill {
namespace {

class MovedClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override {
    auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count() + moved_ms_};
  }
  [[nodiscard]] SteadyTime steady() const override {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(moved_ms_);
  }
  void advance(std::int64_t ms) { moved_ms_ += ms; }

 private:
  std::atomic<std::int64_t> moved_ms_{0};
};

class Dice final : public Random {
 public:
  std::uint64_t next() override { return engine_() + 0x9e3779b97f4a7c15 * ++calls_; }

 private:
  std::mt19937_64 engine_{1};
  std::atomic<std::uint64_t> calls_{0};
};

// POST /test/advance/MS
class ClockControl final : public http::Service {
 public:
  explicit ClockControl(MovedClock& clock) : clock_(clock) {}
  [[nodiscard]] bool claims(const http::Request& request) const override {
    return request.path.starts_with("/test/advance/");
  }
  [[nodiscard]] http::Response refuse(const http::Refusal& refusal) const override {
    return {.status = refusal.status, .content_type = "text/plain", .headers = {}, .body = refusal.message};
  }
  Task<http::Response> handle(const http::Request& request) override {
    std::string_view digits = request.path.substr(std::strlen("/test/advance/"));
    std::int64_t ms = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), ms);
    clock_.advance(ms);
    co_return http::Response{.status = 204, .content_type = {}, .headers = {}, .body = {}};
  }

 private:
  MovedClock& clock_;
};

int serve(const std::string& folder, http::RouterSettings settings, unsigned loops) {
  MovedClock clock;
  Dice random;
  Result<std::unique_ptr<Store>> store = Store::open({.folder = folder, .clock = clock});
  if (!store) {
    std::cerr << store.error().text << "\n";
    return 1;
  }
  Store& open = **store;
  auto kinesis = http::kinesis::make_service({open, open, open, clock}, {}, http::kinesis::TokenKey{});
  ClockControl control(clock);
  http::Router router(std::move(settings), {&control, kinesis.get()}, clock, random);
  auto server = http::HttpServer::open({.port = 0, .loops = loops, .limits = {}}, router);
  if (!server) {
    std::cerr << server.error().text << "\n";
    return 1;
  }
  fmt::print("listening on {}\n", (*server)->url());
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  (*server)->stop();
  return 0;
}

}  // namespace
}  // namespace shardmill

int main(int argc, char** argv) {
  std::string folder = argc > 1 ? argv[1] : "";
  shardmill::http::RouterSettings settings;
  unsigned loops = 2;
  for (int i = 2; i + 1 < argc; i += 2) {
    std::string name = argv[i];
    std::string value = argv[i + 1];
    if (name == "--loops") loops = static_cast<unsigned>(std::stoul(value));
    if (name == "--keys")
      settings.keys.emplace(value.substr(0, value.find('=')), value.substr(value.find('=') + 1));
  }
  return shardmill::serve(folder, std::move(settings), loops);
}
