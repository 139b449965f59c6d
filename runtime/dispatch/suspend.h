// Lets a coroutine sleep until someone resumes it: the step below alarms, queues and signals.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "api/task.h"

namespace shardmill::dispatch {

// Called at most once. It only posts: the coroutine goes on in a later turn of its executor.
template <class... Values>
using Resume = std::move_only_function<void(Values...)>;

// Suspends the awaiting coroutine and passes what resumes it to `start`.
template <class... Values, class Start>
auto suspend(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Values...)>(
      [](auto handler, auto&& begin) {
        auto executor = boost::asio::get_associated_executor(handler);
        begin(Resume<Values...>([handler = std::move(handler), executor](Values... values) mutable {
          boost::asio::post(executor, [handler = std::move(handler), ... values = std::move(values)]() mutable {
            std::move(handler)(std::move(values)...);
          });
        }));
      },
      boost::asio::use_awaitable, std::move(start));
}

// Something that happens again and again, for any number of coroutines to await. One executor.
class Signal {
 public:
  // Returns at the next notify().
  Task<void> next() {
    return suspend<>([this](Resume<> resume) { waiting_.push_back(std::move(resume)); });
  }
  void notify() {
    for (Resume<>& resume : std::exchange(waiting_, {})) resume();
  }
  // Whoever waits never goes on.
  void drop() { std::exchange(waiting_, {}); }

 private:
  std::vector<Resume<>> waiting_;
};

}  // namespace shardmill::dispatch
