#include "deploy/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "deploy/elf_judge.h"
#include "deploy/function_settings.h"
#include "deploy/settings_text.h"

namespace shardmill::deploy {
namespace {

using Kind = Judgement::Kind;

constexpr std::uint64_t kLargestCode = std::uint64_t{512} << 20U;
constexpr std::uint64_t kLargestSettings = std::uint64_t{1} << 20U;
constexpr std::size_t kVersionDigits = 12;

Judgement refused(std::string problem) {
  Judgement judgement;
  judgement.kind = Kind::refused;
  judgement.problem = std::move(problem);
  return judgement;
}

Judgement refused(const Error& error) {
  Judgement judgement = refused(error.text);
  if (error.code == Errc::in_use || error.code == Errc::not_found) judgement.kind = Kind::changed;
  judgement.may_pass = error.code == Errc::io || error.code == Errc::full;
  return judgement;
}

// One problem stands behind the file's name; several stand one per line.
std::string in_file(const std::string& file, const std::vector<std::string>& lines) {
  if (lines.size() == 1) return fmt::format("{}: {}", file, lines[0]);
  return fmt::format("{} has {} problems:\n  {}", file, lines.size(), fmt::join(lines, "\n  "));
}

}  // namespace

Judgement Judge::judge_files(const std::string& function, const FunctionFiles& files) {
  std::string code_name = function + ".so";
  std::string settings_name = function + ".json";
  if (!is_function_name(function)) {
    return refused(fmt::format("{}: found the name \"{}\", wanted 1 to 64 letters, digits, '-' and '_'", code_name,
                               function.substr(0, 100)));
  }
  auto code = read_whole(folder_ / code_name, code_name, kLargestCode);
  if (!code) return refused(code.error());
  DeploymentSource source;
  FileStamp settings_stamp;
  if (files.settings.kind != FileStamp::Kind::missing) {
    auto settings = read_whole(folder_ / settings_name, settings_name, kLargestSettings);
    if (!settings) return refused(settings.error());
    source.settings_text = std::move(settings->bytes);
    settings_stamp = settings->stamp;
    if (source.settings_text.find_first_not_of(" \t\r\n") == std::string::npos) {
      return refused(fmt::format("{} is empty, wanted {{}} at least", settings_name));
    }
  }
  if (FunctionFiles{code->stamp, settings_stamp} != files) {
    Judgement judgement;
    judgement.kind = Kind::changed;
    return judgement;
  }
  return judge(function, as_bytes(code->bytes), std::move(source), code_name);
}

Judgement Judge::judge_archived(const std::string& function, const DeploymentSource& source) {
  std::string path = archive_.path_of(source.code_sha256).string();
  auto code = read_whole(path, path, kLargestCode);
  if (!code) return refused(code.error().text);
  if (sha256_hex(as_bytes(code->bytes)) != source.code_sha256) {
    return refused(path + " is not what was stored there");
  }
  return judge(function, as_bytes(code->bytes), source, path);
}

Judgement Judge::judge(const std::string& function, Bytes code, DeploymentSource source,
                       const std::string& code_name) {
  ElfVerdict verdict = judge_elf(code);
  SettingsProblems problems;
  JudgedSettings judged = read_function_settings(source.settings_text, kinds_, catalogue_, clock_.now(), problems);
  Judgement judgement;
  judgement.waits_for_streams = judged.waits_for_streams;
  if (verdict.kind != ElfVerdict::Kind::good) judgement.problem = fmt::format("{}: {}", code_name, verdict.reason);
  if (!problems.empty()) {
    if (!judgement.problem.empty()) judgement.problem += '\n';
    judgement.problem += in_file(function + ".json", problems.lines());
  }
  if (!judgement.problem.empty()) {
    judgement.kind = verdict.kind == ElfVerdict::Kind::incomplete ? Kind::incomplete : Kind::refused;
    return judgement;
  }
  source.code_sha256 = sha256_hex(code);
  auto path = archive_.keep(code, source.code_sha256);
  if (!path) return refused(path.error());
  std::string content = source.code_sha256 + '\n' + settings_text(judged.settings);
  judgement.deployment = std::make_shared<const Deployment>(
      Deployment{function, sha256_hex(as_bytes(content)).substr(0, kVersionDigits), path->string(),
                 std::move(judged.settings)});
  judgement.source = std::move(source);
  return judgement;
}

}  // namespace shardmill::deploy
