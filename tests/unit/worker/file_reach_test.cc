#include "worker/file_reach.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

namespace fs = std::filesystem;
using shardmill::worker::all_but;

namespace {

// a/, a/mill/, a/mill/data/, a/other/, b/, and links: a/up -> .., a/in -> mill
struct Folders {
  Folders() {
    std::string name = (fs::temp_directory_path() / "shardmill-reach-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root = fs::canonical(name);
    for (const char* folder : {"a/mill/data", "a/other", "b"}) fs::create_directories(root / folder);
    fs::create_directory_symlink("..", root / "a/up");
    fs::create_directory_symlink("mill", root / "a/in");
  }
  ~Folders() { fs::remove_all(root); }
  std::vector<std::string> around(const std::string& folder, const fs::path& kept_from) const {
    std::vector<std::string> found = all_but(root / folder, kept_from);
    for (std::string& path : found) path = fs::path(path).lexically_relative(root).string();
    std::ranges::sort(found);
    return found;
  }

  fs::path root;
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Folders, "A folder is given whole where the server's is not in it") {
  CHECK(around("b", root / "a/mill") == Paths{"b"});
  CHECK(around("a/other", root / "a/mill") == Paths{"a/other"});
  CHECK(around("a", {}) == Paths{"a"});
}

TEST_CASE_METHOD(Folders, "Around the server's folder all else is given, and no link leads into it") {
  CHECK(around("a", root / "a/mill") == Paths{"a/other"});
  CHECK(around("", root / "a/mill") == Paths{"a/other", "b"});
}

TEST_CASE_METHOD(Folders, "The server's folder, what is in it, and what is not there give nothing") {
  CHECK(around("a/mill", root / "a/mill").empty());
  CHECK(around("a/mill/data", root / "a/mill").empty());
  CHECK(around("a/in", root / "a/mill").empty());
  CHECK(around("nowhere", root / "a/mill").empty());
}
