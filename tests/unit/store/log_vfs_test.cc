// The VFS that gathers writes to the log: whatever is written, read, cut and synced in whatever order, the file is what
// it would be without it.
#include "store/log_vfs.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>

#include "store/db.h"
#include "store_fixture.h"

namespace shardmill::store {
namespace {

// A log, opened as SQLite opens it: next to its database.
class OpenLog {
 public:
  explicit OpenLog(const test::TempFolder& folder) : path_((folder.path() / "some.db-wal").string()) {
    std::ofstream database(folder.path() / "some.db");
    sqlite3_vfs* vfs = sqlite3_vfs_find(log_vfs("").value().c_str());
    memory_ = std::make_unique<std::byte[]>(static_cast<std::size_t>(vfs->szOsFile));
    int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    REQUIRE(vfs->xOpen(vfs, path_.c_str(), file(), flags, nullptr) == SQLITE_OK);
  }
  ~OpenLog() { close(); }
  OpenLog(const OpenLog&) = delete;
  OpenLog& operator=(const OpenLog&) = delete;

  void write(std::string_view bytes, std::size_t at) {
    REQUIRE(io().xWrite(file(), bytes.data(), static_cast<int>(bytes.size()), as_offset(at)) == SQLITE_OK);
  }
  std::string read(std::size_t size, std::size_t at) {
    std::string bytes(size, '\0');
    REQUIRE(io().xRead(file(), bytes.data(), static_cast<int>(size), as_offset(at)) == SQLITE_OK);
    return bytes;
  }
  void truncate(std::size_t size) { REQUIRE(io().xTruncate(file(), as_offset(size)) == SQLITE_OK); }
  int sync() { return io().xSync(file(), SQLITE_SYNC_NORMAL); }
  std::size_t size() {
    sqlite3_int64 size = 0;
    REQUIRE(io().xFileSize(file(), &size) == SQLITE_OK);
    return static_cast<std::size_t>(size);
  }
  void close() {
    if (memory_ == nullptr) return;
    CHECK(io().xClose(file()) == SQLITE_OK);
    memory_.reset();
  }
  [[nodiscard]] std::string on_disk() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  static sqlite3_int64 as_offset(std::size_t at) { return static_cast<sqlite3_int64>(at); }
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.get()); }
  const sqlite3_io_methods& io() { return *file()->pMethods; }

  std::string path_;
  std::unique_ptr<std::byte[]> memory_;
};

// Bytes that differ from call to call.
std::string some_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

TEST_CASE("Gathered writes of the log are in its file after a sync, and after the close") {
  test::TempFolder folder;
  OpenLog log(folder);
  log.write("frame", 0);
  log.write("page", 5);
  CHECK(log.sync() == SQLITE_OK);
  CHECK(log.on_disk() == "framepage");
  log.write("next", 9);
  log.close();
  CHECK(log.on_disk() == "framepagenext");
}

TEST_CASE("The log is read, measured and cut with what is gathered") {
  test::TempFolder folder;
  OpenLog log(folder);
  log.write("abcdef", 0);
  CHECK(log.read(3, 2) == "cde");
  log.write("gh", 6);
  CHECK(log.size() == 8);
  log.write("ij", 8);
  log.truncate(7);
  CHECK(log.on_disk() == "abcdefg");
}

TEST_CASE("Any order of writes leaves the log as if each had been written at once") {
  auto seed = GENERATE(range(1U, 20U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  test::TempFolder folder;
  OpenLog log(folder);
  std::string model;
  std::size_t next = 0;
  for (int step = 0; step < 400; ++step) {
    bool follows = random() % 8 != 0;  // as frames do
    std::size_t at = follows ? next : random() % (model.size() + 1);
    std::string bytes = some_bytes(random, 1 + random() % (random() % 16 == 0 ? 65'536 : 5'000));
    log.write(bytes, at);
    if (model.size() < at + bytes.size()) model.resize(at + bytes.size());
    model.replace(at, bytes.size(), bytes);
    next = at + bytes.size();
    if (next > 2'000'000) next = 0;
    if (random() % 20 == 0) {
      CHECK(log.sync() == SQLITE_OK);
      CHECK(log.on_disk() == model);
    }
  }
  CHECK(log.size() == model.size());
  CHECK(log.on_disk() == model);
}

TEST_CASE("A gathered write that fails is told by the sync that must hold it, and is not tried again") {
  test::TempFolder folder;
  OpenLog log(folder);
  log.write("kept", 0);
  REQUIRE(log.sync() == SQLITE_OK);
  log.write("lost", std::size_t{1} << 62);  // no file system takes it
  CHECK(log.sync() != SQLITE_OK);
  CHECK(log.sync() == SQLITE_OK);
  CHECK(log.on_disk() == "kept");
}

}  // namespace shardmill::store
