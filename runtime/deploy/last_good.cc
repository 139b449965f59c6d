#include "deploy/last_good.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/settings_reader.h"

namespace shardmill::deploy {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{64} << 20U;

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Result<LastGood> read_last_good(const std::filesystem::path& path) {
  auto content = read_whole(path, path.string(), kLargest);
  if (!content && content.error().code == Errc::not_found) return LastGood();
  if (!content) return std::unexpected(content.error());
  auto refuse = [&] { return fail(Errc::invalid, path.string() + " is not what was written there"); };
  auto json = nlohmann::json::parse(content->bytes, nullptr, false);
  if (!json.is_object()) return refuse();
  LastGood last_good;
  for (const auto& [name, entry] : json.items()) {
    if (!entry.is_object() || !entry.contains("Code") || !entry.contains("Settings")) return refuse();
    if (!entry["Code"].is_string() || !entry["Settings"].is_string()) return refuse();
    DeploymentSource source{entry["Code"].get<std::string>(), entry["Settings"].get<std::string>()};
    if (!is_hash(source.code_sha256)) return refuse();
    last_good[name] = std::move(source);
  }
  return last_good;
}

Result<void> write_last_good(const std::filesystem::path& path, const LastGood& last_good) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, source] : last_good) {
    json[name] = {{"Code", source.code_sha256}, {"Settings", source.settings_text}};
  }
  return write_whole(path, as_bytes(json.dump(1, ' ', true, nlohmann::json::error_handler_t::replace)), 0644);
}

}  // namespace shardmill::deploy
