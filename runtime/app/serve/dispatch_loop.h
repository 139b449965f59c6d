// The thread that everything of api/worker.h lives on: lanes, worker sockets, deployments.
#pragma once

#include <future>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "api/task.h"

namespace shardmill::app {

// What lives on the loop is made before start() or on the loop, and destroyed after finish().
class DispatchLoop {
 public:
  DispatchLoop() : context_(1), work_(boost::asio::make_work_guard(context_)) {}
  DispatchLoop(const DispatchLoop&) = delete;
  DispatchLoop& operator=(const DispatchLoop&) = delete;
  ~DispatchLoop() { finish(); }

  [[nodiscard]] boost::asio::io_context::executor_type executor() { return context_.get_executor(); }

  void start() {
    thread_ = std::thread([this] { context_.run(); });
  }
  // Ends the thread, whatever still waits on the loop.
  void finish() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  // From another thread: runs a task on the loop; the future is ready when it is done.
  template <class T>
  std::future<T> spawn(Task<T> task) {
    return boost::asio::co_spawn(context_, std::move(task), boost::asio::use_future);
  }
  template <class Call>
  void post(Call call) {
    boost::asio::post(context_, std::move(call));
  }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace shardmill::app
