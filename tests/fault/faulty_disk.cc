#include "faulty_disk.h"

#include <algorithm>
#include <cstring>

namespace shardmill::test {
namespace {

void put(std::string& content, std::string_view bytes, std::uint64_t offset) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::memcpy(content.data() + offset, bytes.data(), bytes.size());
}

// True once, when the countdown ends.
bool comes_due(std::uint64_t& countdown) {
  if (countdown == 0) return false;
  --countdown;
  return countdown == 0;
}

}  // namespace

// ---- what programs do ------------------------------------------------------------------------------------------

FaultyDisk::FileRef FaultyDisk::open(const std::string& name, bool create, bool is_log) {
  std::lock_guard lock(mutex_);
  if (off_) return nullptr;
  if (auto at = names_.find(name); at != names_.end()) return at->second;
  if (!create) return nullptr;
  auto file = std::make_shared<File>();
  file->is_log = is_log;
  if (!name.empty()) names_.emplace(name, file);  // a file without a name is nobody else's
  return file;
}

bool FaultyDisk::exists(const std::string& name) {
  std::lock_guard lock(mutex_);
  return names_.contains(name);
}

FaultyDisk::Outcome FaultyDisk::remove(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (off_) return Outcome::power_is_off;
  bool cut = begin_change('r', 0, 0);
  names_.erase(name);
  return cut ? Outcome::power_is_off : Outcome::done;
}

FaultyDisk::Outcome FaultyDisk::sync_directory() {
  std::lock_guard lock(mutex_);
  if (off_) return Outcome::power_is_off;
  if (begin_change('d', 0, 0)) return Outcome::power_is_off;
  if (lies_ != Lies::always) durable_names_ = names_;
  return Outcome::done;
}

FaultyDisk::Outcome FaultyDisk::read(const File& file, std::span<std::byte> into, std::uint64_t offset) {
  std::lock_guard lock(mutex_);
  if (off_) return Outcome::power_is_off;
  if (comes_due(read_that_fails_)) {
    ++failed_reads_;
    return Outcome::failed;
  }
  std::size_t there = offset < file.cache.size() ? std::min(into.size(), file.cache.size() - offset) : 0;
  if (there > 0) std::memcpy(into.data(), file.cache.data() + offset, there);
  if (there == into.size()) return Outcome::done;
  std::memset(into.data() + there, 0, into.size() - there);
  return Outcome::end_of_file;
}

FaultyDisk::Outcome FaultyDisk::write(File& file, Bytes bytes, std::uint64_t offset) {
  std::lock_guard lock(mutex_);
  if (off_) return Outcome::power_is_off;
  if (comes_due(write_that_fills_)) full_ = was_full_ = true;
  bool no_room = full_ && (full_for_overwrites_ || offset + bytes.size() > file.cache.size());
  if (comes_due(write_that_fails_) || no_room) {
    apply(file, bytes.first(bytes.size() / 2), offset);
    return no_room ? Outcome::full : Outcome::failed;
  }
  bool cut = begin_change('w', offset, bytes.size());
  apply(file, bytes, offset);
  return cut ? Outcome::power_is_off : Outcome::done;
}

void FaultyDisk::apply(File& file, Bytes bytes, std::uint64_t offset) {
  put(file.cache, as_text(bytes), offset);
  file.unsynced.push_back({false, offset, std::string(as_text(bytes))});
}

FaultyDisk::Outcome FaultyDisk::resize(File& file, std::uint64_t size) {
  std::lock_guard lock(mutex_);
  if (off_) return Outcome::power_is_off;
  bool cut = begin_change('s', size, 0);
  file.cache.resize(size);
  file.unsynced.push_back({true, size, {}});
  return cut ? Outcome::power_is_off : Outcome::done;
}

FaultyDisk::Outcome FaultyDisk::sync(File& file) {
  std::lock_guard lock(mutex_);
  if (off_) return Outcome::power_is_off;
  if (begin_change('f', 0, file.unsynced.size())) return Outcome::power_is_off;
  if (comes_due(sync_that_fails_)) {
    leave_some(file);
    return Outcome::failed;
  }
  if (lies_ == Lies::always || (lies_ == Lies::about_logs && file.is_log)) return Outcome::done;
  for (const Change& change : file.unsynced) {
    change.is_resize ? file.platter.resize(change.offset) : put(file.platter, change.bytes, change.offset);
  }
  file.unsynced.clear();
  return Outcome::done;
}

std::uint64_t FaultyDisk::size(const File& file) {
  std::lock_guard lock(mutex_);
  return file.cache.size();
}

// ---- what befalls it -------------------------------------------------------------------------------------------

bool FaultyDisk::begin_change(std::uint64_t kind, std::uint64_t offset, std::uint64_t size) {
  ++changes_;
  for (std::uint64_t part : {kind, offset, size}) trace_ = (trace_ ^ part) * 0x9e3779b97f4a7c15 + (trace_ >> 29);
  off_ = changes_ == change_that_cuts_;
  return off_;
}

void FaultyDisk::cut_power_at(std::uint64_t n) {
  std::lock_guard lock(mutex_);
  change_that_cuts_ = n == 0 ? 0 : changes_ + n;
}

void FaultyDisk::cut_power() {
  std::lock_guard lock(mutex_);
  off_ = true;
}

bool FaultyDisk::is_off() {
  std::lock_guard lock(mutex_);
  return off_;
}

void FaultyDisk::restart() {
  std::lock_guard lock(mutex_);
  std::map<std::string, FileRef> left;
  for (const auto& [name, file] : durable_names_) {
    if (auto at = names_.find(name); (at != names_.end() && at->second == file) || chance(0.5)) left[name] = file;
  }
  for (const auto& [name, file] : names_) {
    if (!left.contains(name) && !durable_names_.contains(name) && chance(0.5)) left[name] = file;
  }
  for (const auto& [name, file] : left) {
    leave_some(*file);
    file->cache = file->platter;
  }
  names_ = left;
  durable_names_ = left;
  off_ = false;
  change_that_cuts_ = 0;
}

// Puts onto the platter what is left of what was not synced.
void FaultyDisk::leave_some(File& file) {
  constexpr double kMoods[] = {0.0, 0.3, 0.7, 0.95, 1.0};
  double kept = kMoods[random_() % std::size(kMoods)];
  for (const Change& change : file.unsynced) leave_some_of(file, change, kept);
  file.unsynced.clear();
}

void FaultyDisk::leave_some_of(File& file, const Change& change, double kept) {
  if (change.is_resize) {
    if (chance(kept)) file.platter.resize(change.offset);
    return;
  }
  std::string_view left = change.bytes;
  for (std::uint64_t at = change.offset; !left.empty();) {
    std::string_view piece = left.substr(0, sector_ - at % sector_);
    if (chance(kept)) put(file.platter, chance(0.05) ? piece.substr(0, piece.size() / 2) : piece, at);
    left.remove_prefix(piece.size());
    at += piece.size();
  }
}

void FaultyDisk::fill_up_at(std::uint64_t n, bool overwrites) {
  std::lock_guard lock(mutex_);
  write_that_fills_ = n;
  full_for_overwrites_ = overwrites;
}

void FaultyDisk::make_room() {
  std::lock_guard lock(mutex_);
  write_that_fills_ = 0;
  full_ = false;
}

void FaultyDisk::flip(const std::string& name, std::uint64_t bit) {
  std::lock_guard lock(mutex_);
  File& file = *names_.at(name);
  for (std::string* content : {&file.cache, &file.platter}) {
    char& byte = content->at(bit / 8);
    byte = static_cast<char>(byte ^ 1 << bit % 8);
  }
}

bool FaultyDisk::was_full() {
  std::lock_guard lock(mutex_);
  return was_full_;
}

std::uint64_t FaultyDisk::failed_reads() {
  std::lock_guard lock(mutex_);
  return failed_reads_;
}

std::string FaultyDisk::content(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto at = names_.find(name);
  return at == names_.end() ? std::string() : at->second->cache;
}

std::uint64_t FaultyDisk::changes() {
  std::lock_guard lock(mutex_);
  return changes_;
}

std::uint64_t FaultyDisk::trace() {
  std::lock_guard lock(mutex_);
  return trace_;
}

}  // namespace shardmill::test
