// Any text at all must be read as settings or refused in lines that say something. What is accepted must stay the same
// when it is written and read again.
#include <cstdlib>
#include <string_view>

#include "deploy/function_settings.h"
#include "deploy/server_settings.h"
#include "deploy/settings_text.h"
#include "triggers/builtin.h"

namespace {

using namespace shardmill;

// Has every stream that is asked for.
class AnyStream final : public Catalogue {
 public:
  StreamRef find(std::string_view) const override { return std::make_shared<StreamInfo>(); }
  std::vector<StreamRef> list() const override { return {}; }
  void create(NewStream, Callback<Result<StreamRef>>) override {}
  void remove(std::string, Callback<Result<void>>) override {}
  void change(std::string, StreamChange, Callback<Result<StreamRef>>) override {}
  void reshard(std::string, std::vector<std::variant<SplitAt, MergeOf>>, Callback<Result<StreamRef>>) override {}
  std::unique_ptr<Interface> on_change(std::function<void(const std::string&)>) override { return nullptr; }
};

void check_lines(const SettingsProblems& problems) {
  for (const std::string& line : problems.lines()) {
    if (line.empty() || line.find('\n') != std::string::npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  static const std::vector<TriggerKind> kinds = triggers::builtin_kinds();
  AnyStream streams;
  WallTime now{1'800'000'000'000};
  SettingsProblems problems;
  deploy::JudgedSettings judged = deploy::read_function_settings(text, kinds, streams, now, problems);
  check_lines(problems);
  if (problems.empty()) {
    deploy::JudgedSettings again =
        deploy::read_function_settings(deploy::settings_text(judged.settings), kinds, streams, now, problems);
    if (!problems.empty() || again.settings != judged.settings) std::abort();
  }
  SettingsProblems server_problems;
  (void)deploy::read_server_settings(text, server_problems);
  check_lines(server_problems);
  return 0;
}
