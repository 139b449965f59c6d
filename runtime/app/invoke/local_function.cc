#include "app/invoke/local_function.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/files.h"
#include "deploy/code_archive.h"
#include "deploy/elf_judge.h"
#include "deploy/function_settings.h"
#include "dispatch/asio_time.h"
#include "triggers/builtin.h"

namespace shardmill::app {
namespace {

constexpr std::size_t kMostCode = std::size_t{512} << 20;
constexpr std::size_t kMostSettings = std::size_t{1} << 20;

// Has a stream of every name: there is no server whose streams the settings could be held to.
class AnyStream final : public Catalogue {
 public:
  StreamRef find(std::string_view name) const override {
    auto stream = std::make_shared<StreamInfo>();
    stream->name = name;
    return stream;
  }
  std::vector<StreamRef> list() const override { return {}; }
  void create(NewStream, Callback<Result<StreamRef>>) override {}
  void remove(std::string, Callback<Result<void>>) override {}
  void change(std::string, StreamChange, Callback<Result<StreamRef>>) override {}
  void reshard(std::string, std::vector<std::variant<SplitAt, MergeOf>>, Callback<Result<StreamRef>>) override {}
  std::unique_ptr<Interface> on_change(std::function<void(const std::string& name)>) override { return nullptr; }
};

Result<FunctionSettings> read_settings(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return FunctionSettings{};
  auto text = read_whole_file(path.string(), kMostSettings);
  if (!text) return std::unexpected(text.error());
  SettingsProblems problems;
  const std::vector<TriggerKind> kinds = triggers::builtin_kinds();
  auto judged = deploy::read_function_settings(*text, kinds, AnyStream(), dispatch::SystemClock().now(), problems);
  if (!problems.empty()) {
    return fail(Errc::invalid, fmt::format("{}: {}", path.string(), fmt::join(problems.lines(), "\n  ")));
  }
  return std::move(judged.settings);
}

}  // namespace

Result<Deployment> read_local_function(const std::string& path) {
  auto code = read_whole_file(path, kMostCode);
  if (!code) return std::unexpected(code.error());
  if (auto verdict = deploy::judge_elf(as_bytes(*code)); verdict.kind != deploy::ElfVerdict::Kind::good) {
    return fail(Errc::invalid, fmt::format("{}: {}", path, verdict.reason));
  }
  const std::filesystem::path file(path);
  auto settings = read_settings(std::filesystem::path(file).replace_extension(".json"));
  if (!settings) return std::unexpected(settings.error());
  Deployment deployment;
  deployment.function = file.stem().string();
  deployment.version = deploy::sha256_hex(as_bytes(*code)).substr(0, 12);
  deployment.code_path = path;
  deployment.settings = std::move(*settings);
  deployment.settings.isolation = Isolation::process;
  deployment.settings.workers = 1;
  return deployment;
}

}  // namespace shardmill::app
