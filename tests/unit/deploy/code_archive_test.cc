#include "deploy/code_archive.h"

#include <catch2/catch.hpp>

#include "tests/support/temp_folder.h"

using namespace shardmill;
using namespace shardmill::deploy;

TEST_CASE("the hash is SHA-256") {
  CHECK(sha256_hex(as_bytes("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("code is kept under its hash, once") {
  test::TempFolder folder;
  CodeArchive archive(folder.path() / "deployments");
  REQUIRE(archive.open());
  REQUIRE(archive.open());
  std::string hash = sha256_hex(as_bytes("code"));
  auto path = archive.keep(as_bytes("code"), hash);
  REQUIRE(path);
  CHECK(*path == archive.path_of(hash));
  CHECK(test::bytes_of(*path) == "code");
  auto written = std::filesystem::last_write_time(*path);
  CHECK(archive.keep(as_bytes("code"), hash) == *path);
  CHECK(std::filesystem::last_write_time(*path) == written);
}

TEST_CASE("a copy that was damaged is replaced") {
  test::TempFolder folder;
  CodeArchive archive(folder.path());
  std::string hash = sha256_hex(as_bytes("code"));
  folder.write(hash + ".so", "c0de");
  REQUIRE(archive.keep(as_bytes("code"), hash));
  CHECK(test::bytes_of(archive.path_of(hash)) == "code");
}

TEST_CASE("a sweep removes what is not in use") {
  test::TempFolder folder;
  CodeArchive archive(folder.path());
  auto used = folder.write("a.so", "x");
  folder.write("b.so", "x");
  folder.write("c.so.new", "x");
  archive.remove_all_but({used});
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK(std::filesystem::exists(used));
}
