// Reads one worker's log pipe on the dispatch executor and writes its lines to the log sink.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/clock.h"
#include "api/deployment.h"
#include "api/observer.h"
#include "worker/log_lines.h"
#include "worker/memory_file.h"

namespace shardmill::worker {

class LogReader : public std::enable_shared_from_this<LogReader> {
 public:
  // Reads from `pipe` until it ends or close() is called; the reading coroutine shares the ownership.
  static std::shared_ptr<LogReader> start(const boost::asio::any_io_executor& executor, OwnedFd pipe,
                                          DeploymentRef deployment, LogSink& sink, const Clock& clock);

  // Lines that are read from now on belong to this invocation; empty: to none.
  void begin(const std::string& request_id) { request_id_ = request_id; }
  // Takes what is in the pipe now without waiting, and ends a line that has no end.
  void drain();
  void close();

 private:
  LogReader(const boost::asio::any_io_executor& executor, OwnedFd pipe, DeploymentRef deployment, LogSink& sink,
            const Clock& clock);
  Task<void> run();
  // One read. False when there is nothing more now.
  bool read_some();

  boost::asio::posix::stream_descriptor pipe_;
  boost::asio::steady_timer pause_;
  const DeploymentRef deployment_;
  LogSink& sink_;
  const Clock& clock_;
  std::string request_id_;
  LogLines lines_;
  bool ended_ = false;
};

}  // namespace shardmill::worker
