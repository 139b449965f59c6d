#include <array>
#include <cerrno>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/put/source.h"

namespace shardmill::app {
namespace {

namespace asio = boost::asio;

// Reads only when there is something to read, so that the loop goes on while a pipe is silent. Files (and /dev/null)
// are always ready; epoll does not take them.
class LineSource : public RecordSource {
 public:
  LineSource(asio::io_context& context, int descriptor, RecordRules rules)
      : descriptor_(descriptor), rules_(std::move(rules)), timer_(context), input_(context) {
    struct stat about{};
    bool known = fstat(descriptor, &about) == 0;
    if (known && S_ISREG(about.st_mode)) total_ = static_cast<std::uint64_t>(about.st_size);
    waits_ = known && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode) || isatty(descriptor) != 0);
    // A copy, because the stream_descriptor closes its own.
    if (waits_) input_.assign(dup(descriptor));
  }

  Result<Next> next() override {
    for (;;) {
      if (std::optional<LineSplitter::Line> line = lines_.next()) {
        handed_out_ += line->text.size() + 1;
        Result<PutRecord> record = make_record(std::move(line->text), ++records_, rules_);
        if (!record) {
          return fail(record.error().code, fmt::format("line {}: {}", line->number, record.error().text));
        }
        return Next{State::ready, std::move(*record)};
      }
      if (ended_) return Next{};
      if (waits_ && !readable_) return Next{State::waiting, {}};
      if (Result<void> read = read_more(); !read) return std::unexpected(read.error());
    }
  }

  Task<> wait(std::optional<SteadyTime> until) override {
    using namespace asio::experimental::awaitable_operators;
    timer_.expires_at(until.value_or(SteadyTime::max()));
    // Errors are not lost: the read that follows meets them again.
    auto ready = co_await (
        input_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable)) ||
        timer_.async_wait(asio::as_tuple(asio::use_awaitable)));
    readable_ = ready.index() == 0;
  }

  [[nodiscard]] std::optional<double> fraction() const override {
    if (total_ == 0) return std::nullopt;
    return std::min(1.0, static_cast<double>(handed_out_) / static_cast<double>(total_));
  }

 private:
  // One read(2).
  Result<void> read_more() {
    readable_ = false;
    std::array<char, 64 << 10> piece;
    ssize_t got = ::read(descriptor_, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};  // woken for nothing
    if (got < 0) return fail(Errc::io, fmt::format("cannot read the input: {}", std::strerror(errno)));
    if (got == 0) {
      ended_ = true;
      lines_.end();
      return {};
    }
    lines_.add({piece.data(), static_cast<std::size_t>(got)});
    // A --records line may hold its data as base64, with escapes: twice the size of a record is the most it can need.
    if (lines_.pending() > 2 * kMostRecordBytes + piece.size() &&
        std::memchr(piece.data(), '\n', piece.size()) == nullptr) {
      return fail(Errc::invalid,
                  fmt::format("the line after record {} is longer than any record may be", records_));
    }
    return {};
  }

  int descriptor_;
  RecordRules rules_;
  asio::steady_timer timer_;
  asio::posix::stream_descriptor input_;
  LineSplitter lines_;
  bool waits_ = false;
  bool readable_ = false;
  bool ended_ = false;
  std::uint64_t records_ = 0;
  std::uint64_t handed_out_ = 0;
  std::uint64_t total_ = 0;  // 0: not known
};

}  // namespace

std::unique_ptr<RecordSource> line_source(asio::io_context& context, int descriptor, RecordRules rules) {
  return std::make_unique<LineSource>(context, descriptor, std::move(rules));
}

}  // namespace shardmill::app
