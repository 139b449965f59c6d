#include "history.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "store/check.h"

namespace shardmill::test {
namespace {

// Answers of a store that goes on: the disk is full, or a write has failed; nothing was done.
bool may_happen(const Error& error) {
  return error.code == Errc::full || error.code == Errc::io;
}

constexpr std::size_t kMaxShards = 12;  // open and closed, of all streams
constexpr std::size_t kSector = 512;
constexpr std::size_t kMarksInUse = 4096;  // bytes of the file of marks that have slots of such a history

}  // namespace

History::History(std::uint64_t seed, HistoryOptions options)
    : options_(options),
      random_(seed),
      disk_(random_(), choose(2) == 0 ? 512 : 4096),
      vfs_(disk_),
      wal_bytes_((std::size_t{16} << 10) << choose(5)),
      tail_bytes_(std::size_t{1} << (8 + choose(12))) {}

StoreOptions History::options() {
  return {.folder = folder_.path() / "data",
          .clock = clock_,
          .tail_bytes = tail_bytes_,
          .reader_threads = 1,
          .wal_bytes = wal_bytes_,
          .reserve_bytes = 4096,
          .sweep_interval = std::chrono::hours(10'000),
          .on_fatal = [this](const Error&) { ++failures_; },
          .vfs = vfs_.name()};
}

bool History::is_alive() {
  return store_ != nullptr && failures_ == 0 && !disk_.is_off();
}

void History::find(std::string what) {
  if (finding_.empty()) finding_ = std::move(what);
}

// ---- its life --------------------------------------------------------------------------------------------------

void History::open() {
  failures_ = 0;
  Result<std::unique_ptr<Store>> opened = Store::open(options());
  if (!opened) {
    if (!disk_.is_off() && opened.error().code != Errc::unavailable) find("not opened: " + opened.error().text);
    return;
  }
  store_ = std::move(*opened);
  keep_marks();
  sweep();
  for (State& state : possible_) state.sweep(clock_.now());
  if (is_alive()) compare();
}

void History::compare() {
  auto records = static_cast<std::uint32_t>(1 + choose(40));
  auto is_there = [&](const State& state) { return is_alive() && !difference(state, *store_, records); };
  if (auto at = std::ranges::find_if(possible_, is_there); at != possible_.end()) certain_ = *at;
  if (failures_ > 0) {
    if (auto different = record_difference(certain_, *store_, records)) find(*different);
    return;
  }
  std::uint64_t failed_reads = disk_.failed_reads();
  auto different = difference(certain_, *store_, records);
  if (different && disk_.failed_reads() != failed_reads) {
    if (!different->contains("I/O error")) return find("a failed read is not an error: " + *different);
    different = difference(certain_, *store_, records);
  }
  if (!is_alive()) return;
  if (different)
    find(possible_.empty() ? *different : *different + " (nor is what was under way there as a whole)");
  possible_.clear();
}

void History::close() {
  store_.reset();
}

void History::close_and_check() {
  close();
  Result<store::CheckReport> report = store::check_store(folder_.path() / "data", vfs_.name());
  if (!report) return find("not checked: " + report.error().text);
  if (!report->findings.empty()) find("the check finds: " + report->findings.front().what);
}

void History::restart() {
  disk_.cut_power();
  close();
  disk_.restart();
  tear_marks();
}

// The file of marks is none of SQLite's: what becomes of it is done to the real one.
void History::keep_marks() {
  std::ifstream file(folder_.path() / "data/marks", std::ios::binary);
  marks_.resize(kMarksInUse);
  file.read(marks_.data(), static_cast<std::streamsize>(marks_.size()));
}

void History::tear_marks() {
  if (options_.marks == MarksFate::lost) std::filesystem::remove(folder_.path() / "data/marks");
  if (options_.marks != MarksFate::torn || marks_.empty()) return;
  std::fstream file(folder_.path() / "data/marks", std::ios::binary | std::ios::in | std::ios::out);
  for (std::size_t at = 0; at < marks_.size(); at += kSector) {
    if (choose(2) == 0) continue;
    file.seekp(static_cast<std::streamoff>(at));
    file.write(marks_.data() + at, kSector);
  }
}

// ---- what is asked ---------------------------------------------------------------------------------------------

void History::step() {
  std::uint64_t what = choose(100);
  if (certain_.streams.empty() || what < 3) return create();
  if (what < 70) return commit_some();
  if (what < 78) return reshard();
  if (what < 82) return sweep();
  if (what < 84) return remove();
  if (what < 92) return clock_.advance(std::chrono::minutes(choose(choose(4) == 0 ? 900 : 10)));
  compare();
}

void History::settle(State next, const std::optional<Error>& error) {
  if (!error || (!is_alive() && options_.answers_before_commit)) {
    certain_ = std::move(next);
  } else if (!is_alive()) {
    possible_.push_back(std::move(next));
  } else if (!may_happen(*error)) {
    find("refused: " + error->text);
  }
}

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error());
}

void History::create() {
  std::string name = fmt::format("s{}", certain_.next_stream);
  if (certain_.streams.size() >= 3) return;
  auto shards = static_cast<std::uint32_t>(1 + choose(3));
  State next = certain_;
  next.create(name, shards);
  auto made = wait_for<Result<StreamRef>>(
      [&](auto done) { store_->create({.name = name, .shards = shards, .tags = {}}, std::move(done)); });
  settle(next, error_of(made));
  if (!made) return;
  next.open_trigger(name);
  auto opened = wait_for<Result<TriggerState>>([&](auto done) {
    store_->open_trigger({"f", (*made)->id, StartingPosition::trim_horizon, {}}, std::move(done));
  });
  settle(next, error_of(opened));
}

void History::remove() {
  std::string name = *some_stream(certain_);
  State next = certain_;
  next.remove(name);
  settle(next, error_of(wait_for<Result<void>>([&](auto done) { store_->remove(name, std::move(done)); })));
}

void History::reshard() {
  const std::string* name = some_stream(certain_);
  if (name == nullptr || certain_.shards.size() >= kMaxShards) return;
  State next = certain_;
  std::vector<ShardKey> open = certain_.open_shards(*name);
  std::size_t at = choose(open.size());
  std::vector<std::variant<SplitAt, MergeOf>> steps;
  if (at + 1 < open.size() && choose(2) == 0) {
    steps.emplace_back(MergeOf{certain_.shards.at(open[at]).number, certain_.shards.at(open[at + 1]).number});
    next.merge(open[at], open[at + 1], clock_.now());
  } else {
    HashRange range = certain_.shards.at(open[at]).range;
    HashKey middle = range.first + (range.last - range.first) / 2 + 1;
    steps.emplace_back(SplitAt{certain_.shards.at(open[at]).number, middle});
    next.split(open[at], middle, clock_.now());
  }
  settle(next,
         error_of(wait_for<Result<StreamRef>>([&](auto done) { store_->reshard(*name, steps, std::move(done)); })));
}

void History::sweep() {
  auto done = wait_for<Result<void>>([&](auto call) { store_->sweep(std::move(call)); });
  if (done) return certain_.sweep(clock_.now());
  if (!is_alive()) return;
  if (!may_happen(done.error())) find(done.error().text);
  certain_.sweep(clock_.now(), [&](ShardKey key) {  // it came that far
    Result<ShardBounds> bounds = store_->bounds(key);
    return !bounds || bounds->horizon > certain_.shards.at(key).horizon;
  });
}

// ---- transactions ----------------------------------------------------------------------------------------------

const std::string* History::some_stream(const State& state) {
  if (state.streams.empty()) return nullptr;
  return &std::next(state.streams.begin(), static_cast<std::ptrdiff_t>(choose(state.streams.size())))->first;
}

std::vector<Record> History::some_records() {
  std::vector<Record> records(1 + choose(4));
  for (Record& record : records) {
    std::size_t size = choose(200);
    if (choose(20) == 0) size = choose(9'000);
    if (choose(200) == 0) size = choose(60'000);
    record.key = fmt::format("k{}", ++records_);
    record.data = fmt::format("record {} ", records_);
    while (record.data.size() < size) record.data += static_cast<char>('a' + random_() % 26);
  }
  return records;
}

// Now and then one that the store must refuse: a closed shard, a checkpoint that moves back or too far.
Plan History::some_plan(const State& state) {
  Plan plan;
  auto some_shard = [&] {
    return std::next(state.shards.begin(), static_cast<std::ptrdiff_t>(choose(state.shards.size())));
  };
  for (std::uint64_t n = choose(4); n > 0; --n) {
    auto shard = some_shard();
    if (shard->second.closed && choose(8) != 0) continue;
    plan.puts.push_back({shard->first, some_records()});
  }
  std::uint64_t moves = plan.puts.empty() ? 1 : choose(3);
  for (; moves > 0; --moves) {
    const auto& [key, shard] = *some_shard();
    const StreamState& stream = state.streams.at(shard.stream);
    if (!stream.trigger) continue;
    auto now = stream.checkpoints.find(key);
    std::uint64_t from = now == stream.checkpoints.end() ? 0 : now->second.value;
    std::uint64_t to = choose(30) == 0 ? choose(shard.end.value + 3) : from + choose(shard.end.value - from + 1);
    plan.moves.push_back({*stream.trigger, key, {to}});
  }
  return plan;
}

// All in one group: the writer is held up until all of them wait for it.
std::vector<History::Answer> History::commit_together(const std::vector<Plan>& plans) {
  std::promise<void> held;
  std::promise<void> all_wait;
  Transaction nothing;
  store_->commit(nothing, [&](Result<Committed>) {
    held.set_value();
    all_wait.get_future().wait();
  });
  held.get_future().wait();
  std::vector<Transaction> transactions(plans.size());
  std::vector<std::promise<Result<Committed>>> promises(plans.size());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    for (const Plan::Put& put : plans[i].puts) transactions[i].appends.push_back(append_of(put.shard, put.records));
    transactions[i].checkpoints = plans[i].moves;
    store_->commit(transactions[i],
                   [&promise = promises[i]](Result<Committed> result) { promise.set_value(std::move(result)); });
  }
  all_wait.set_value();
  std::vector<Answer> answers;
  for (auto& promise : promises) {
    Result<Committed> result = promise.get_future().get();
    answers.push_back(result ? Answer{std::nullopt, result->firsts} : Answer{result.error(), {}});
  }
  return answers;
}

void History::put_one() {
  const std::string* name = some_stream(certain_);
  if (name == nullptr) return;
  Plan plan;
  plan.puts.push_back({certain_.open_shards(*name).front(), some_records()});
  State next = certain_;
  next.commit(plan, clock_.now()).value();
  std::optional<Error> refused = commit_together({plan}).front().refused;
  if (refused && is_alive()) find("refused: " + refused->text);
  settle(std::move(next), refused);
}

void History::commit_some() {
  State next = certain_;
  std::vector<Plan> plans;
  for (std::uint64_t n = 1 + choose(5); n > 0; --n) {
    plans.push_back(some_plan(next));
    static_cast<void>(next.commit(plans.back(), clock_.now()));
  }
  std::vector<Answer> answers = commit_together(plans);
  next = certain_;
  State settled_only = certain_;  // while the disk is full, what brings records is left out of the group
  bool acknowledged = false;
  std::optional<Error> failure;  // of the group
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const auto& [refused, firsts] = answers[i];
    if (refused && refused->code == Errc::full) continue;  // by itself, or with the group: not done
    Result<std::vector<Position>> wanted = next.commit(plans[i], clock_.now());
    if (plans[i].puts.empty()) static_cast<void>(settled_only.commit(plans[i], clock_.now()));
    if (!refused) {
      acknowledged = true;
      if (!wanted) return find("what breaks a rule was acknowledged");
      if (firsts != *wanted) return find("acknowledged at other positions than the next");
    } else if (wanted) {
      failure = refused;
    } else if (is_alive() && refused->code != wanted.error().code && !may_happen(*refused)) {
      return find(fmt::format("refused with code {}, {} wanted: {}", static_cast<int>(refused->code),
                              static_cast<int>(wanted.error().code), refused->text));
    }
  }
  if (acknowledged && failure) return find("a group was acknowledged in part: " + failure->text);
  settle(std::move(next), failure);
  if (failure && !is_alive() && disk_.was_full()) possible_.push_back(std::move(settled_only));
}

}  // namespace shardmill::test
