#include "deploy/deployer.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "deployer_fixture.h"

using namespace shardmill;
using shardmill::test::DeployerFixture;
using Events = std::vector<std::string>;

TEST_CASE_METHOD(DeployerFixture, "a library that is dropped in becomes live, from a copy") {
  put("hello.so", test::bytes_of(GOOD_SO));
  until_state("hello", "live");
  CHECK(live.events == Events{"deploy hello 128"});
  CHECK(pools.probed_code == test::bytes_of(GOOD_SO));
  DeploymentRef deployment = live.live["hello"];
  CHECK(deployment->version.size() == 12);
  CHECK(deployment->code_path.find(functions().string()) == std::string::npos);
}

TEST_CASE_METHOD(DeployerFixture, "other code and other settings are other versions, the same are not") {
  put_good("hello", 128);
  until_state("hello", "live");
  std::string first = live.live["hello"]->version;
  put_good("hello", 256);
  run_until([&] { return live.events.size() == 2; });
  until_state("hello", "live");
  std::string second = live.live["hello"]->version;
  CHECK(second != first);
  put("hello.so", test::bytes_of(GOOD_SO) + "x");
  run_until([&] { return live.events.size() == 3; });
  until_state("hello", "live");
  CHECK(live.live["hello"]->version != second);
  put("hello.json", "{\"MemorySize\": 256 /* the same */}");
  put("other.so", test::bytes_of(GOOD_SO));
  until_state("other", "live");
  CHECK(live.events == Events{"deploy hello 128", "deploy hello 256", "deploy hello 256", "deploy other 128"});
}

TEST_CASE_METHOD(DeployerFixture, "code that is gone ends the function") {
  put_good("hello", 128);
  until_state("hello", "live");
  erase("hello.so");
  until_state("hello", "waiting", "there is hello.json, but no hello.so");
  CHECK(live.events == Events{"deploy hello 128", "remove hello"});
  erase("hello.json");
  run_until([&] { return deployer->status().empty(); });
}

TEST_CASE_METHOD(DeployerFixture, "removed settings are the defaults again") {
  put_good("hello", 256);
  until_state("hello", "live");
  erase("hello.json");
  run_until([&] { return live.events == Events{"deploy hello 256", "deploy hello 128"}; });
}

TEST_CASE_METHOD(DeployerFixture, "broken settings leave the old version live and say all that is wrong") {
  put_good("hello", 128);
  until_state("hello", "live");
  put("hello.json", R"({"MemorySiz": 256, "Timeout": 0})");
  until_state("hello", "outdated", "hello.json has 2 problems:\n  Timeout: found 0");
  CHECK(status_of("hello").live->settings.memory_mb == 128);
  put("hello.json", "");
  until_state("hello", "outdated", "hello.json is empty, wanted {} at least");
  put("hello.json", R"({"MemorySize": 256})");
  until_state("hello", "live");
  CHECK(live.events == Events{"deploy hello 128", "deploy hello 256"});
}

TEST_CASE_METHOD(DeployerFixture, "a broken library leaves the old version live") {
  put_good("hello", 128);
  until_state("hello", "live");
  put("hello.so", "#!/bin/sh");
  until_state("hello", "outdated", "hello.so: the file starts with the bytes 23 21 2f 62, wanted a shared library");
  CHECK(live.events == Events{"deploy hello 128"});
  CHECK(log.lines.back().find("stays live") != std::string::npos);
}

TEST_CASE_METHOD(DeployerFixture, "a library that fails to load leaves the old version live") {
  pools.problems[256] = "init failed: no luck";
  put_good("hello", 128);
  until_state("hello", "live");
  put_good("hello", 256);
  until_state("hello", "outdated", "hello.so: init failed: no luck");
  CHECK(live.events == Events{"deploy hello 128"});
}

TEST_CASE_METHOD(DeployerFixture, "a function of which nothing runs is tried again when its load failed") {
  pools.problems[128] = "init failed: the database is away";
  put_good("hello", 128);
  until_state("hello", "refused", "hello.so: init failed: the database is away");
  pools.problems.clear();
  until_state("hello", "live");
  CHECK(pools.probes == 2);
}

TEST_CASE_METHOD(DeployerFixture, "half a library is waited for, and taken when the rest has come") {
  std::string whole = test::bytes_of(GOOD_SO);
  put("hello.so", whole.substr(0, whole.size() / 2));
  until_state("hello", "loading", "waits for the rest of a file");
  put("hello.so", whole);
  until_state("hello", "live");
}

TEST_CASE_METHOD(DeployerFixture, "half a library that stays half is refused") {
  std::string whole = test::bytes_of(GOOD_SO);
  put("hello.so", whole.substr(0, whole.size() / 2));
  until_state("hello", "refused", "was it copied in full?");
  put("hello.so", whole);
  until_state("hello", "live");
}

TEST_CASE_METHOD(DeployerFixture, "an unknown stream is refused until it is created") {
  put("hello.json", R"({"Triggers": [{"Stream": "click"}], "Outputs": ["plays"]})");
  put("hello.so", test::bytes_of(GOOD_SO));
  until_state("hello", "refused", "Triggers[0].Stream: there is no stream \"click\"; did you mean \"clicks\"?");
  catalogue.add("click");
  until_state("hello", "refused", "hello.json: Outputs[0]: there is no stream \"plays\"");
  catalogue.add("plays");
  until_state("hello", "live");
}

TEST_CASE_METHOD(DeployerFixture, "a function that takes no batches is refused when it has a stream trigger") {
  pools.takes_batches = false;
  put("hello.json", R"({"Triggers": [{"Stream": "clicks"}]})");
  put("hello.so", test::bytes_of(GOOD_SO));
  until_state("hello", "refused", "its handler takes no batches of stream records");
  CHECK(pools.opened.at(0)->retired);
}

TEST_CASE_METHOD(DeployerFixture, "a broken function does not hold up the others") {
  put("broken.so", "not a library");
  put("broken.json", "{oops");
  put_good("hello", 128);
  until_state("hello", "live");
  until_state("broken", "refused", "broken.json: line 1, column 2");
}

TEST_CASE_METHOD(DeployerFixture, "what is no plain file is refused by name") {
  std::filesystem::create_directories(functions() / "folder.so");
  std::filesystem::create_symlink(GOOD_SO, functions() / "link.so");
  put("bad name.so", test::bytes_of(GOOD_SO));
  until_state("folder", "refused", "folder.so is a folder, wanted a file");
  until_state("link", "refused", "link.so is a symbolic link, wanted a file: copy it here");
  until_state("bad name", "refused", "found the name \"bad name\", wanted 1 to 64 letters");
}

TEST_CASE_METHOD(DeployerFixture, "copies of code that nothing uses are removed") {
  put_good("hello", 128);
  until_state("hello", "live");
  CHECK(archived() == 1);
  put("hello.so", test::bytes_of(GOOD_SO) + "x");
  run_until([&] { return live.events.size() == 2; });
  run_until([&] { return archived() == 1; });
  erase("hello.so");
  run_until([&] { return live.live.empty(); });
  run_until([&] { return archived() == 0; });
}

TEST_CASE_METHOD(DeployerFixture, "a version in use keeps its code after it was replaced") {
  put_good("hello", 128);
  until_state("hello", "live");
  DeploymentRef in_use = live.live["hello"];
  put("hello.so", test::bytes_of(GOOD_SO) + "x");
  run_until([&] { return live.events.size() == 2; });
  put_good("other", 128);
  until_state("other", "live");
  CHECK(std::filesystem::exists(in_use->code_path));
}

TEST_CASE_METHOD(DeployerFixture,
                 "after a restart the version that was live runs on while the newest files are broken") {
  put_good("hello", 256);
  until_state("hello", "live");
  stop();
  put("hello.so", "broken while nobody looked");
  start();
  until_state("hello", "outdated", "hello.so: the file starts with the bytes");
  CHECK(live.events == Events{"deploy hello 256", "deploy hello 256"});
  CHECK(pools.probed_code == test::bytes_of(GOOD_SO));
}

TEST_CASE_METHOD(DeployerFixture, "what was removed while no server ran does not come back") {
  put_good("hello", 256);
  until_state("hello", "live");
  stop();
  erase("hello.so");
  start();
  until_state("hello", "waiting", "no hello.so");
  put("hello.so", "broken");
  until_state("hello", "refused", "hello.so: the file starts");
  CHECK(live.events == Events{"deploy hello 256"});
}

TEST_CASE_METHOD(DeployerFixture, "a load that the end of the server interrupts is not told as an error") {
  bool stopped = false;
  auto stop_now = [&]() -> Task<void> {
    co_await deployer->stop();
    stopped = true;
  };
  pools.during_open = [&]() -> Task<void> {
    boost::asio::co_spawn(context, stop_now, boost::asio::detached);
    co_await boost::asio::post(boost::asio::use_awaitable);
  };
  put_good("hello", 128);
  run_until([&] { return stopped; });
  deployer.reset();
  CHECK(pools.probes == 1);
  CHECK(live.events.empty());
  for (const std::string& line : log.lines) CHECK_FALSE(line.starts_with("error"));
}

TEST_CASE_METHOD(DeployerFixture, "changes are found by looking when no watch reports them") {
  watches.tell = nullptr;
  put_good("hello", 128);
  until_state("hello", "live");
}

TEST_CASE_METHOD(DeployerFixture, "a folder that is gone leaves what runs alone") {
  put_good("hello", 128);
  until_state("hello", "live");
  std::filesystem::rename(functions(), root.path() / "away");
  run_until([&] { return log.lines.back().find("cannot read the folder") != std::string::npos; });
  CHECK(live.events == Events{"deploy hello 128"});
  std::filesystem::rename(root.path() / "away", functions());
  put_good("other", 128);
  until_state("other", "live");
  CHECK(live.events == Events{"deploy hello 128", "deploy other 128"});
}
