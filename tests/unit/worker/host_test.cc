#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/host_loop.h"

using namespace shardmill;
using shardmill::host::HostLoop;

namespace {

struct Ended {
  std::promise<ChildExit> promise;
  std::future<ChildExit> future = promise.get_future();
  std::function<void(ChildExit)> callback() {
    return [this](ChildExit exit) { promise.set_value(exit); };
  }
};

std::unique_ptr<HostLoop> start_host() {
  auto host = HostLoop::start();
  REQUIRE(host);
  return std::move(*host);
}

ChildSpec shell(std::string script) {
  return {"/bin/sh", {"sh", "-c", std::move(script)}, {"GREETING=hi"}, {-1, -1, -1}};
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

std::filesystem::path fresh_folder() {
  char name[] = "/tmp/shardmill-host-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  return name;
}

}  // namespace

TEST_CASE("A child's exit code is told once it is reaped") {
  auto host = start_host();
  Ended ended;
  auto child = host->spawn(shell("exit 7"), ended.callback());
  REQUIRE(child);
  ChildExit exit = ended.future.get();
  CHECK(exit.code == 7);
  CHECK(exit.signal == 0);
  (*child)->kill();  // harmless
  int status = 0;
  CHECK(waitpid((*child)->pid(), &status, WNOHANG) == -1);
}

TEST_CASE("A killed child is told with its signal") {
  auto host = start_host();
  Ended ended;
  auto child = host->spawn(shell("sleep 100"), ended.callback());
  REQUIRE(child);
  (*child)->kill();
  CHECK(ended.future.get().signal == SIGKILL);
}

TEST_CASE("All children that run can be killed at once, and others started after") {
  auto host = start_host();
  Ended first;
  Ended second;
  auto one = host->spawn(shell("sleep 100"), first.callback());
  auto other = host->spawn(shell("sleep 100"), second.callback());
  REQUIRE(one);
  REQUIRE(other);
  host->kill_children();
  CHECK(first.future.get().signal == SIGKILL);
  CHECK(second.future.get().signal == SIGKILL);
  host->kill_children();  // harmless
  Ended third;
  auto later = host->spawn(shell("exit 3"), third.callback());
  REQUIRE(later);
  CHECK(third.future.get().code == 3);
}

TEST_CASE("Dropping the handle ends the child") {
  auto host = start_host();
  Ended ended;
  {
    auto child = host->spawn(shell("sleep 100"), ended.callback());
    REQUIRE(child);
  }
  CHECK(ended.future.get().signal == SIGKILL);
}

TEST_CASE("The host's end waits for its children") {
  Ended ended;
  auto host = start_host();
  auto child = host->spawn(shell("sleep 100"), ended.callback());
  REQUIRE(child);
  host.reset();
  CHECK(ended.future.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
}

TEST_CASE("A file that cannot be started is an error with its name") {
  auto host = start_host();
  auto child = host->spawn({"/nowhere/at/all", {"all"}, {}, {}}, [](ChildExit) {});
  REQUIRE_FALSE(child);
  CHECK(child.error().code == Errc::io);
  CHECK(child.error().text.find("/nowhere/at/all") != std::string::npos);
}

TEST_CASE("A child gets exactly the descriptors and the environment that it was given") {
  auto host = start_host();
  int out[2];
  REQUIRE(pipe(out) == 0);
  int leaked = dup(out[0]);  // open here, and not close-on-exec
  ChildSpec spec = shell("ls /proc/self/fd; echo $GREETING; env | wc -l");
  spec.environment.push_back("PATH=/usr/bin:/bin");
  spec.descriptors = {-1, out[1], -1};
  Ended ended;
  auto child = host->spawn(spec, ended.callback());
  REQUIRE(child);
  ended.future.get();
  close(out[1]);
  // 3 is the folder that ls reads. PWD comes from the shell.
  CHECK(read_all(out[0]) == "0\n1\n2\n3\nhi\n3\n");
  close(out[0]);
  close(leaked);
}

TEST_CASE("A change in a folder is told, and bursts are folded") {
  auto host = start_host();
  auto folder = fresh_folder();
  std::promise<void> first;
  std::atomic<int> calls = 0;
  auto watch = host->watch(folder, [&] {
    if (calls++ == 0) first.set_value();
  });
  REQUIRE(watch);
  for (int i = 0; i < 100; ++i) std::ofstream(folder / std::to_string(i)) << i;
  first.get_future().get();
  watch->reset();
  CHECK(calls < 100);
  std::filesystem::remove_all(folder);
}

TEST_CASE("A folder that is not there is not_found") {
  auto host = start_host();
  auto watch = host->watch("/nowhere/at/all", [] {});
  REQUIRE_FALSE(watch);
  CHECK(watch.error().code == Errc::not_found);
}
