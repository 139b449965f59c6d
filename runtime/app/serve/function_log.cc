#include "app/serve/function_log.h"

#include <algorithm>

#include <fmt/format.h>

namespace shardmill::app {

// Takes its waiter out of the list. The iterator is valid as long as the waiter is in it.
class FunctionLog::Waiting final : public Interface {
 public:
  Waiting(FunctionLog& log, std::list<Waiter>::iterator at) : log_(log), at_(at) {}
  ~Waiting() override {
    std::lock_guard lock(log_.mutex_);
    log_.waiters_.erase(at_);
  }

 private:
  FunctionLog& log_;
  std::list<Waiter>::iterator at_;
};

FunctionLog::FunctionLog(Log& mirror, Bounds bounds) : mirror_(mirror), bounds_(bounds) {}

void FunctionLog::write(LogLine line) {
  std::string origin = line.function;
  if (!line.version.empty()) origin += " " + line.version;
  if (!line.request_id.empty()) origin += " " + line.request_id;
  mirror_.write(line.level, fmt::format("[{}] {}", origin, line.text),
                {{"function", line.function}, {"version", line.version}, {"request", line.request_id}});
  std::lock_guard lock(mutex_);
  if (!rings_.contains(line.function) && rings_.size() >= bounds_.functions) forget_one();
  Ring& ring = rings_[line.function];
  ++ring.last;
  ring.touched = ++writes_;
  ring.bytes += line.text.size();
  std::string function = line.function;
  ring.lines.push_back(std::move(line));
  while (ring.lines.size() > bounds_.lines || (ring.bytes > bounds_.bytes && ring.lines.size() > 1)) {
    ring.bytes -= ring.lines.front().text.size();
    ring.lines.pop_front();
  }
  for (Waiter& waiter : waiters_) {
    if (waiter.function != function || !waiter.wake) continue;
    waiter.wake();
    waiter.wake = nullptr;
  }
}

void FunctionLog::forget_one() {
  auto oldest = std::ranges::min_element(rings_, {}, [](const auto& entry) { return entry.second.touched; });
  if (oldest != rings_.end()) rings_.erase(oldest);
}

http::admin::LogPage FunctionLog::lines_after(const std::string& function, std::uint64_t after) const {
  http::admin::LogPage page;
  std::lock_guard lock(mutex_);
  auto at = rings_.find(function);
  if (at == rings_.end()) return page;
  const Ring& ring = at->second;
  std::uint64_t first = ring.last - ring.lines.size() + 1;  // number of the oldest line kept
  if (after > ring.last) after = 0;                         // a number from before a restart: begin anew
  page.missed = after + 1 < first ? first - after - 1 : 0;
  std::uint64_t from = std::max(after + 1, first);
  page.next = std::min<std::uint64_t>(ring.last, from + bounds_.page - 1);
  for (std::uint64_t number = from; number <= page.next; ++number) page.lines.push_back(ring.lines[number - first]);
  return page;
}

std::unique_ptr<Interface> FunctionLog::wake_when_after(const std::string& function, std::uint64_t after,
                                                        std::move_only_function<void()> wake) {
  std::lock_guard lock(mutex_);
  auto at = rings_.find(function);
  bool is_there = at != rings_.end() && at->second.last != after;
  if (closed_ || is_there) {
    wake();
    wake = nullptr;
  }
  waiters_.push_back({function, std::move(wake)});
  return std::make_unique<Waiting>(*this, std::prev(waiters_.end()));
}

void FunctionLog::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  for (Waiter& waiter : waiters_) {
    if (waiter.wake) waiter.wake();
    waiter.wake = nullptr;
  }
}

}  // namespace shardmill::app
