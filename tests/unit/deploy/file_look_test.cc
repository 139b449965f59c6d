#include "deploy/file_look.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/function_folder.h"
#include "tests/support/temp_folder.h"

using namespace shardmill;
using namespace shardmill::deploy;

namespace {

std::string refusal(const std::filesystem::path& path, std::uint64_t most = 1000) {
  auto content = read_whole(path, "x.so", most);
  return content ? "" : content.error().text;
}

}  // namespace

TEST_CASE("a file is read whole, with its stamp") {
  test::TempFolder folder;
  auto path = folder.write("x.so", std::string("a\0b", 3));
  auto content = read_whole(path, "x.so", 3);
  REQUIRE(content);
  CHECK(content->bytes == std::string("a\0b", 3));
  CHECK(content->stamp == stamp_of(path));
}

TEST_CASE("what is no plain file is refused by what it is") {
  test::TempFolder folder;
  CHECK(refusal(folder.path() / "none") == "x.so does not exist");
  CHECK(refusal(folder.path()) == "x.so is a folder, wanted a file");
  std::filesystem::create_symlink("elsewhere", folder.path() / "link");
  CHECK(refusal(folder.path() / "link") == "x.so is a symbolic link, wanted a file: copy it here");
  REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  CHECK(refusal(folder.path() / "pipe") == "x.so is a pipe, socket or device, wanted a file");
  CHECK(refusal(folder.write("big", std::string(1001, 'x'))) == "x.so has 1,001 bytes, wanted at most 1,000");
}

TEST_CASE("a file that may not be read is refused with the system's words") {
  if (::geteuid() == 0) return;  // to whom nothing is forbidden
  test::TempFolder folder;
  auto path = folder.write("x.so", "x");
  ::chmod(path.c_str(), 0);
  CHECK(refusal(path) == "x.so cannot be opened: Permission denied");
}

TEST_CASE("a changed file has another stamp") {
  test::TempFolder folder;
  auto path = folder.write("x", "one");
  FileStamp before = stamp_of(path);
  folder.write("y", "one");
  std::filesystem::rename(folder.path() / "y", path);
  CHECK(stamp_of(path) != before);
  CHECK(stamp_of(folder.path() / "none").kind == FileStamp::Kind::missing);
}

TEST_CASE("files are written whole, and replaced whole") {
  test::TempFolder folder;
  auto path = folder.path() / "x";
  REQUIRE(write_whole(path, as_bytes("one"), 0600));
  REQUIRE(write_whole(path, as_bytes("two"), 0600));
  CHECK(test::bytes_of(path) == "two");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  auto refused = write_whole(folder.path() / "no" / "x", as_bytes("x"), 0600);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text ==
        "cannot create " + (folder.path() / "no" / "x").string() + ": No such file or directory");
}

TEST_CASE("a look at the folder finds functions by name and leaves other files out") {
  test::TempFolder folder;
  folder.write("hello.so", "x");
  folder.write("hello.json", "{}");
  folder.write("later.json", "{}");
  folder.write(".hello.so.swp", "x");
  folder.write(".so", "x");
  folder.write("notes.txt", "x");
  auto look = look_at_folder(folder.path());
  REQUIRE(look);
  REQUIRE(look->size() == 2);
  CHECK(look->at("hello").code.size == 1);
  CHECK(look->at("hello").settings.size == 2);
  CHECK(look->at("later").code.kind == FileStamp::Kind::missing);
  CHECK_FALSE(look_at_folder(folder.path() / "none"));
}

TEST_CASE("function names") {
  CHECK(is_function_name("hello-World_2"));
  CHECK(is_function_name(std::string(64, 'x')));
  CHECK_FALSE(is_function_name(std::string(65, 'x')));
  CHECK_FALSE(is_function_name(""));
  CHECK_FALSE(is_function_name("a.b"));
  CHECK_FALSE(is_function_name("a b"));
}
