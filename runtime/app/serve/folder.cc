#include "app/serve/folder.h"

#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/rand.h>

#include "deploy/file_look.h"

namespace shardmill::app {
namespace {

constexpr std::uint64_t kLargestSettings = std::uint64_t{1} << 20U;

}  // namespace

Result<ServeFolder> find_serve_folder(const std::string& given) {
  std::error_code error;
  std::filesystem::path root = std::filesystem::canonical(given, error);
  if (error) return fail(Errc::invalid, fmt::format("there is no folder {}: {}", given, error.message()));
  if (!std::filesystem::is_directory(root, error)) return fail(Errc::invalid, given + " is not a folder");
  return ServeFolder{root};
}

Result<deploy::ServerSettings> read_server_file(const ServeFolder& folder,
                                                const std::optional<std::string>& listen) {
  deploy::ServerSettings settings;
  auto content = deploy::read_whole(folder.settings(), "shardmill.json", kLargestSettings);
  if (!content && content.error().code != Errc::not_found) return std::unexpected(content.error());
  if (content) {
    SettingsProblems problems;
    settings = deploy::read_server_settings(content->bytes, problems);
    if (problems.lines().size() == 1) return fail(Errc::invalid, "shardmill.json: " + problems.lines()[0]);
    if (!problems.empty()) {
      return fail(Errc::invalid, fmt::format("shardmill.json has {} problems:\n  {}", problems.lines().size(),
                                             fmt::join(problems.lines(), "\n  ")));
    }
  }
  if (listen) {
    if (auto applied = deploy::apply_listen(*listen, settings); !applied) return std::unexpected(applied.error());
  }
  if (auto reachable = deploy::check_reach(settings); !reachable) return std::unexpected(reachable.error());
  return settings;
}

Result<http::kinesis::TokenKey> token_key(const ServeFolder& folder) {
  http::kinesis::TokenKey key{};
  std::filesystem::path path = folder.data() / "token.key";
  auto content = deploy::read_whole(path, path.string(), key.size());
  if (content && content->bytes.size() == key.size()) {
    std::memcpy(key.data(), content->bytes.data(), key.size());
    return key;
  }
  if (content) {
    return fail(Errc::invalid,
                fmt::format("{} has {} bytes, wanted {}: remove it, and shard iterators in use expire",
                            path.string(), content->bytes.size(), key.size()));
  }
  if (content.error().code != Errc::not_found) return std::unexpected(content.error());
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    return fail(Errc::io, "the system gives no random bytes");
  }
  if (auto written = deploy::write_whole(path, key, 0600); !written) return std::unexpected(written.error());
  return key;
}

}  // namespace shardmill::app
