// The coroutine type of the project, and the bridge from completion callbacks to it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace shardmill {

template <class T = void>
using Task = boost::asio::awaitable<T>;

// Called once, on a thread of the callee's, which it must not hold up.
template <class T>
using Callback = std::move_only_function<void(T)>;

// Awaits `start(callback)`. The awaiting coroutine goes on on its own executor, whichever thread calls back.
template <class T, class Start>
Task<T> await_callback(Start start) {
  co_return co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(T)>(
      [](auto handler, auto&& begin) {
        auto executor = boost::asio::get_associated_executor(handler);
        auto work = boost::asio::make_work_guard(executor);
        // Asio's handler can be moved but a Callback may be dropped unasked: the shared holder outlives both.
        auto held = std::make_shared<decltype(handler)>(std::move(handler));
        begin(Callback<T>([held, work = std::move(work), executor](T value) mutable {
          // The work goes along: once called, the callback holds nothing of the executor, which may end before it.
          auto resume = [held = std::move(held), work = std::move(work), value = std::move(value)]() mutable {
            (*held)(std::move(value));
          };
          boost::asio::post(executor, std::move(resume));
        }));
      },
      boost::asio::use_awaitable, std::move(start));
}

}  // namespace shardmill
