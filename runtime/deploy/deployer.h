// Keeps what runs equal to what lies in the function folder: a new, changed or removed NAME.so or NAME.json takes
// effect by itself. Files that are no good leave the version that runs in force, and say why.
//
// One look after the other at the folder finds what changed; per function one action at a time: read and judge the
// files, load the code in a first worker, switch. What is run is always a copy.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "api/clock.h"
#include "api/deployment.h"
#include "api/host.h"
#include "api/streams.h"
#include "api/trigger_kind.h"
#include "api/worker.h"
#include "base/logging.h"
#include "deploy/code_archive.h"
#include "deploy/judge.h"
#include "deploy/last_good.h"
#include "deploy/live_functions.h"
#include "deploy/pace.h"

namespace shardmill::deploy {

// Borrowed things outlive the deployer.
struct DeployerServices {
  boost::asio::any_io_executor executor;  // of one thread; the deployer lives on it
  Catalogue& catalogue;
  WorkerPools& pools;
  LiveFunctions& live;
  FolderWatches& watches;
  Clock& clock;
  Timers& timers;
  Log& log;
};

struct DeployerOptions {
  std::filesystem::path functions;  // the watched folder
  std::filesystem::path archive;    // for copies of code and the list of what was live
  std::vector<TriggerKind> kinds;
  Pace pace;
};

struct DeployStatus {
  std::string function;
  DeploymentRef live;  // null if nothing is
  // "live"; "outdated": an older version is live because the newest files were refused; "refused"; "loading";
  // "waiting": there are settings but no code yet.
  std::string state;
  std::string problem;  // why the newest files are not live
  WallTime since;       // when the state last changed
};

// Everything is called on the executor. Stop it before it is destroyed.
class Deployer {
 public:
  Deployer(DeployerServices services, DeployerOptions options);
  ~Deployer();
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;

  // Makes the folders and begins. io.
  Result<void> start();
  // Begins nothing more; returns when the actions under way are done. Functions that are live stay so.
  Task<void> stop();

  // By name.
  [[nodiscard]] std::vector<DeployStatus> status() const;

 private:
  struct Function;

  Task<void> run();
  void watch_folder();
  Task<void> look();
  void take(const FolderLook& found);
  std::optional<SteadyTime> begin_actions();
  Task<void> act(Function& function);
  Task<void> remove(Function& function);
  Task<void> judge(Function& function);
  Task<void> settle(Function& function, Judgement judgement);
  Task<void> load(Function& function, Judgement judgement);
  Task<void> bring_back(Function& function);
  Task<Result<void>> switch_to(Function& function, const Judgement& judgement);
  void refuse(Function& function, std::string problem, bool may_pass);
  void set_state(Function& function, std::string state, std::string problem);
  Task<void> remember();
  Task<void> sweep();

  template <class T, class Work>
  Task<T> on_file_thread(Work work);

  // Set once.
  const DeployerServices use_;
  const DeployerOptions options_;
  CodeArchive archive_;  // used on the file thread
  Judge judge_;          // used on the file thread
  const std::unique_ptr<Alarm> alarm_;
  const std::shared_ptr<bool> alive_;  // shared with calls that others post and that may come late

  std::map<std::string, std::unique_ptr<Function>, std::less<>> functions_;
  std::vector<std::weak_ptr<const Deployment>> deployments_;  // whose code may be in use
  LastGood last_good_;
  std::unique_ptr<Interface> folder_watch_;
  FileStamp watched_folder_;
  std::unique_ptr<Interface> stream_watch_;
  std::string folder_problem_;
  unsigned acting_ = 0;
  bool looked_ = false;
  bool swept_ = false;
  bool running_ = false;
  bool stopping_ = false;
  std::unique_ptr<Alarm> ended_;
  boost::asio::thread_pool file_thread_{1};  // last: what it runs uses the rest
};

}  // namespace shardmill::deploy
