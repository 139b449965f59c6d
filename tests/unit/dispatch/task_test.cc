#include "api/task.h"

#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

using namespace shardmill;

namespace {

// Awaits on `context` what `callback`, which it fills in, is called with.
Task<void> await_into(std::optional<Callback<int>>& callback, int& got) {
  auto begin = [&](Callback<int> done) { callback = std::move(done); };
  got = co_await await_callback<int>(begin);
}

}  // namespace

TEST_CASE("The coroutine goes on with what the callback was called with, when its executor runs") {
  boost::asio::io_context context;
  std::optional<Callback<int>> callback;
  int got = 0;
  boost::asio::co_spawn(context, await_into(callback, got), boost::asio::detached);
  context.poll();
  REQUIRE(callback);
  (*callback)(7);
  CHECK(got == 0);
  context.run();
  CHECK(got == 7);
}

TEST_CASE("A loop does not end while a callback may still come") {
  boost::asio::io_context context;
  std::optional<Callback<int>> callback;
  int got = 0;
  boost::asio::co_spawn(context, await_into(callback, got), boost::asio::detached);
  context.poll();
  CHECK_FALSE(context.stopped());
  (*callback)(1);
  context.run();
  CHECK(context.stopped());
}

// The store's writer destroyed a callback that it had called after the loop had ended: a use after free.
TEST_CASE("A callback that was called may be destroyed after the loop it called") {
  std::optional<Callback<int>> callback;
  int got = 0;
  {
    boost::asio::io_context context;
    boost::asio::co_spawn(context, await_into(callback, got), boost::asio::detached);
    context.poll();
    (*callback)(7);
    context.run();
  }
  CHECK(got == 7);
  callback.reset();
}
