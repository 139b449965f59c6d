// What of the file system a worker reaches.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/worker_fixture.h"

using namespace shardmill;
using shardmill::test::WorkerFixture;

namespace {

const std::string kDenied = "Permission denied";

struct Files : WorkerFixture {
  // What the system says to a function that opens a file.
  std::string open_file(const std::string& deed) { return call(*pool, deed).response; }
  void start(Deployment deployment) { pool = open(std::move(deployment)); }
  void start() { start(deployment("bad_deeds")); }
  // Tests run on machines without Landlock, too: there the other thing is tested, that it is said.
  bool machine_can() {
    if (notices.empty() || notices.back().find("Landlock") == std::string::npos) return true;
    SUCCEED(notices.back());
    return false;
  }
  std::string in_home(const std::string& path) const { return (home / path).string(); }

  std::shared_ptr<WorkerPool> pool;
};

}  // namespace

TEST_CASE_METHOD(Files, "A function opened the store's files and other functions'") {
  start();
  if (!machine_can()) return;
  CHECK(open_file("read:" + in_home("data/store.db")) == kDenied);
  CHECK(open_file("write:" + in_home("data/store.db")) == kDenied);
  CHECK(open_file("read:/proc/self/root" + in_home("data/store.db")) == kDenied);
  CHECK(open_file("write:" + in_home("data/temp/other")) == kDenied);
  CHECK(open_file("list:" + in_home("data")) == kDenied);
  CHECK(open_file("list:" + in_home("")) == kDenied);
  CHECK(open_file("write:" + in_home("new")) == kDenied);
  CHECK(open_file("write:/etc/shardmill") == kDenied);
  CHECK(open_file("list:/root") == kDenied);
}

TEST_CASE_METHOD(Files, "A function reads the system's files, and writes to its temp folder and /dev/null") {
  start();
  CHECK(open_file("read:/etc/passwd") == "allowed");
  CHECK(open_file("read:/proc/self/status") == "allowed");
  CHECK(open_file("list:/usr/lib") == "allowed");
  CHECK(open_file("read:/dev/urandom") == "allowed");
  CHECK(open_file("write:/dev/null") == "allowed");
  const std::string temp = open_file("temp");
  CHECK(temp == in_home("data/temp/bad_deeds"));
  CHECK(open_file("write:" + temp + "/mine") == "allowed");
  CHECK(open_file("read:" + temp + "/mine") == "allowed");
  CHECK(std::filesystem::exists(temp + "/mine"));
}

TEST_CASE_METHOD(Files, "Settings add paths to read and to write") {
  std::filesystem::create_directories(home / "models");
  std::filesystem::create_directories(home / "results");
  std::ofstream(home / "models/one") << "1";
  Deployment allowed = deployment("bad_deeds");
  allowed.settings.read_paths = {in_home("models")};
  allowed.settings.write_paths = {in_home("results")};
  start(allowed);
  CHECK(open_file("read:" + in_home("models/one")) == "allowed");
  CHECK(open_file("write:" + in_home("results/one")) == "allowed");
  if (!machine_can()) return;
  CHECK(open_file("write:" + in_home("models/one")) == kDenied);
  CHECK(open_file("read:" + in_home("data/store.db")) == kDenied);
}

TEST_CASE_METHOD(Files, "A path in the settings that is not there is said with its key") {
  Deployment wrong = deployment("bad_deeds");
  wrong.settings.write_paths = {"/nowhere/at/all"};
  CHECK(refusal(wrong) == "WritePaths: there is no /nowhere/at/all");
}
