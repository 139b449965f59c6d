#include "worker/log_reader.h"

#include <array>
#include <cerrno>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <unistd.h>

namespace shardmill::worker {

namespace {

// What is taken at the end of an invocation at most: a pipe holds 64 KiB, and somebody may be filling it.
constexpr int kMaxDrainReads = 8;
// A worker that logs more than its budget is read this seldom, so that it waits and not the runtime.
constexpr std::chrono::milliseconds kPause{10};

}  // namespace

std::shared_ptr<LogReader> LogReader::start(const boost::asio::any_io_executor& executor, OwnedFd pipe,
                                            DeploymentRef deployment, LogSink& sink, const Clock& clock) {
  std::shared_ptr<LogReader> reader(new LogReader(executor, std::move(pipe), std::move(deployment), sink, clock));
  boost::asio::co_spawn(executor, [reader] { return reader->run(); }, boost::asio::detached);
  return reader;
}

LogReader::LogReader(const boost::asio::any_io_executor& executor, OwnedFd pipe, DeploymentRef deployment,
                     LogSink& sink, const Clock& clock)
    : pipe_(executor, pipe.release()),
      pause_(executor),
      deployment_(std::move(deployment)),
      sink_(sink),
      clock_(clock),
      lines_(
          [this](LogLevel level, std::string text) {
            sink_.write(
                {clock_.now(), deployment_->function, deployment_->version, request_id_, level, std::move(text)});
          },
          clock.steady()) {
  pipe_.native_non_blocking(true);
}

Task<void> LogReader::run() {
  boost::system::error_code error;
  while (!ended_ && pipe_.is_open()) {
    co_await pipe_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                              boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return;
    read_some();
    if (!lines_.over_budget()) continue;
    pause_.expires_after(kPause);
    co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
  }
  if (ended_) lines_.flush(clock_.steady());
}

bool LogReader::read_some() {
  std::array<char, 64 * 1024> buffer;  // not initialised: only what was read is looked at
  const ssize_t n = ::read(pipe_.native_handle(), buffer.data(), buffer.size());
  if (n > 0) lines_.feed({buffer.data(), static_cast<std::size_t>(n)}, clock_.steady());
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) ended_ = true;
  return n > 0;
}

void LogReader::drain() {
  if (!pipe_.is_open()) return;
  for (int i = 0; i < kMaxDrainReads && !ended_ && read_some(); ++i) {
  }
  lines_.flush(clock_.steady());
}

void LogReader::close() {
  boost::system::error_code ignored;
  pipe_.close(ignored);
  pause_.cancel();
}

}  // namespace shardmill::worker
