// A disk in memory, for tests of the store. It keeps apart what programs see (the cache) and what a power cut would
// leave (the platter), loses power in the middle of a chosen write or sync, and fails on command.
//
// What a power cut leaves of a change that was not synced: of a write, each sector is kept, lost or torn, whatever
// became of others before and after it; changes of size and of the directory are kept or lost. Bytes beside a write are
// never touched: SQLite relies on that (powersafe overwrite), as it may on every disk of today.
// A sync that fails does to the platter what a power cut would, and the cache goes on showing what was written: later
// syncs do not repeat it, as on Linux. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace shardmill::test {

class FaultyDisk {
 public:
  enum class Outcome { done, power_is_off, failed, full, end_of_file };
  enum class Lies { never, about_logs, always };  // which syncs do nothing and say "done"

  struct Change {
    bool is_resize = false;
    std::uint64_t offset = 0;  // of a resize: the new size
    std::string bytes;
  };
  struct File {
    std::string cache;
    std::string platter;
    std::vector<Change> unsynced;
    bool is_log = false;
  };
  using FileRef = std::shared_ptr<File>;  // shared: by all who have it open, and by both directories

  FaultyDisk(std::uint64_t seed, std::size_t sector) : random_(seed), sector_(sector) {}

  // ---- what programs do ----------------------------------------------------------------------------------------

  // Null if it is not there and shall not be made.
  FileRef open(const std::string& name, bool create, bool is_log);
  [[nodiscard]] bool exists(const std::string& name);
  Outcome remove(const std::string& name);
  Outcome sync_directory();
  // What lies behind the end of the file is read as zeros.
  Outcome read(const File& file, std::span<std::byte> into, std::uint64_t offset);
  Outcome write(File& file, Bytes bytes, std::uint64_t offset);
  Outcome resize(File& file, std::uint64_t size);
  Outcome sync(File& file);
  [[nodiscard]] std::uint64_t size(const File& file);

  // ---- what befalls it -----------------------------------------------------------------------------------------

  // In the middle of the n-th change or sync from now on; 0: now.
  void cut_power_at(std::uint64_t n);
  void cut_power();
  [[nodiscard]] bool is_off();
  // The power is back: programs see what is left.
  void restart();

  void lie(Lies lies) { lies_ = lies; }
  // The n-th sync from now on fails, once.
  void fail_sync_at(std::uint64_t n) { sync_that_fails_ = n; }
  // From the n-th write on the disk is full: what makes a file longer fails, with `overwrites` everything.
  void fill_up_at(std::uint64_t n, bool overwrites);
  void make_room();
  [[nodiscard]] bool was_full();
  // The n-th write or read from now on fails, once; half of the write is done.
  void fail_write_at(std::uint64_t n) { write_that_fails_ = n; }
  void fail_read_at(std::uint64_t n) { read_that_fails_ = n; }
  void flip(const std::string& name, std::uint64_t bit);
  [[nodiscard]] std::uint64_t failed_reads();
  [[nodiscard]] std::string content(const std::string& name);

  // Changes and syncs so far, and what they were: the same in two runs that did the same.
  [[nodiscard]] std::uint64_t changes();
  [[nodiscard]] std::uint64_t trace();

 private:
  // Takes note of a change or sync; true if the power goes while it is under way.
  void apply(File& file, Bytes bytes, std::uint64_t offset);
  bool begin_change(std::uint64_t kind, std::uint64_t offset, std::uint64_t size);
  void leave_some(File& file);
  void leave_some_of(File& file, const Change& change, double kept);
  [[nodiscard]] bool chance(double of) { return std::uniform_real_distribution<>()(random_) < of; }

  std::mutex mutex_;
  // All guarded by mutex_, but set by the test while nobody uses the disk.
  std::mt19937_64 random_;
  const std::size_t sector_;
  std::map<std::string, FileRef> names_;
  std::map<std::string, FileRef> durable_names_;
  bool off_ = false;
  Lies lies_ = Lies::never;
  std::uint64_t changes_ = 0;
  std::uint64_t trace_ = 0;
  std::uint64_t change_that_cuts_ = 0;  // counted as changes_; 0: none
  std::uint64_t sync_that_fails_ = 0;   // counted down; 0: none
  std::uint64_t write_that_fails_ = 0;
  std::uint64_t read_that_fails_ = 0;
  std::uint64_t failed_reads_ = 0;
  std::uint64_t write_that_fills_ = 0;
  bool full_ = false;
  bool was_full_ = false;
  bool full_for_overwrites_ = false;
};

}  // namespace shardmill::test
