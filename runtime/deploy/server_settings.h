// shardmill.json: settings of the server as a whole. All of them are optional.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/settings_reader.h"

namespace shardmill::deploy {

struct AccessKey {
  std::string id;
  std::string secret;
};

// A stream that is created at the start if it does not exist. One that exists is left as it is.
struct InitialStream {
  std::string name;
  std::uint32_t shards = 1;  // 1..10,000
  std::uint32_t retention_hours = 24;
};

struct ServerSettings {
  std::string listen = "127.0.0.1";     // an IP address
  std::uint16_t port = 4566;            // 0: any free one
  std::vector<std::string> host_names;  // by which clients may call it, beside addresses and localhost
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::vector<AccessKey> access_keys;
  std::uint32_t retention_hours = 24;  // of new streams, 24..8,760
  std::vector<InitialStream> streams;
  std::chrono::seconds stop_timeout{60};  // 1..900, for batches in flight when the server stops
  // Bounds of memory, in MiB.
  std::uint32_t tail_mb = 64;        // newest records kept for readers at the tip
  std::uint32_t in_flight_mb = 256;  // batches and outputs of all functions
  std::uint32_t requests_mb = 512;   // bodies of requests being handled
  std::uint32_t connections = 4'096;
};

// Everything wrong with the text is in `problems`.
[[nodiscard]] ServerSettings read_server_settings(std::string_view text, SettingsProblems& problems);

// "127.0.0.1:4566", "[::1]:4566" or "localhost:4566" put in place of what the settings say. invalid.
[[nodiscard]] Result<void> apply_listen(std::string_view address_and_port, ServerSettings& settings);

// Only this machine can reach the address.
[[nodiscard]] bool is_loopback(const ServerSettings& settings);

// What hangs together: an address that others can reach needs access keys. invalid.
[[nodiscard]] Result<void> check_reach(const ServerSettings& settings);

}  // namespace shardmill::deploy
