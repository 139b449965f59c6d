// From the files of a function to a deployment that may be tried, or to the reason why not. Reads, hashes and copies:
// for a thread that may wait for the disk.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "api/clock.h"
#include "api/deployment.h"
#include "api/streams.h"
#include "api/trigger_kind.h"
#include "deploy/code_archive.h"
#include "deploy/function_folder.h"

namespace shardmill::deploy {

// What names a deployment's content: enough to bring it back after a restart.
struct DeploymentSource {
  std::string code_sha256;
  std::string settings_text;  // of NAME.json; empty if there is none
  bool operator==(const DeploymentSource&) const = default;
};

struct Judgement {
  enum class Kind {
    good,        // `deployment` may be loaded
    refused,     // `problem` says why; the same files get the same answer, unless `may_pass`
    incomplete,  // the code seems to be still on its way
    changed,     // the files changed meanwhile: look again
  };
  Kind kind = Kind::good;
  DeploymentRef deployment;
  DeploymentSource source;
  std::string problem;
  bool waits_for_streams = false;
  bool may_pass = false;  // the reason lies outside of the files (a full disk): try again
};

// Borrowed things outlive the judge. One thread at a time.
class Judge {
 public:
  Judge(std::filesystem::path folder, std::span<const TriggerKind> kinds, const Catalogue& catalogue,
        const Clock& clock, CodeArchive& archive)
      : folder_(std::move(folder)), kinds_(kinds), catalogue_(catalogue), clock_(clock), archive_(archive) {}

  // The newest files; `files` is what was seen of them.
  [[nodiscard]] Judgement judge_files(const std::string& function, const FunctionFiles& files);
  // What was good once, from the archive.
  [[nodiscard]] Judgement judge_archived(const std::string& function, const DeploymentSource& source);

 private:
  Judgement judge(const std::string& function, Bytes code, DeploymentSource source, const std::string& code_name);

  const std::filesystem::path folder_;
  const std::span<const TriggerKind> kinds_;
  const Catalogue& catalogue_;
  const Clock& clock_;
  CodeArchive& archive_;
};

}  // namespace shardmill::deploy
