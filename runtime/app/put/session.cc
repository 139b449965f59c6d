#include "app/put/session.h"

#include <algorithm>
#include <cmath>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "app/connect.h"

namespace shardmill::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostInFlight = 4;
constexpr auto kLinger = 20ms;  // how long the first record of a batch waits for company when the input is slow
constexpr auto kRateTick = 10ms;
constexpr auto kLookUp = 100ms;  // how often a silent input looks whether the session is still wanted
constexpr auto kLongestSilence = 60s;
constexpr std::uint32_t kMostTries = 10;
constexpr auto kFirstBackoff = 50ms;
constexpr auto kLongestBackoff = 5000ms;

SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

SteadyTime::duration seconds(double count) {
  return std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(count));
}

// Until the timer is cancelled, or `until`.
Task<void> sleep_on(asio::steady_timer& timer, SteadyTime until = SteadyTime::max()) {
  timer.expires_at(until);
  co_await timer.async_wait(kAwait);
}

}  // namespace

PutSession::PutSession(asio::io_context& context, std::string stream, RecordSource& source,
                       std::optional<double> rate)
    : socket_(context),
      sender_(context),
      reader_(context),
      stream_(std::move(stream)),
      source_(source),
      rate_(rate) {}

Task<Result<void>> PutSession::run(const Endpoint& endpoint) {
  using namespace asio::experimental::awaitable_operators;
  Result<asio::ip::tcp::socket> connected = co_await connect_to(endpoint);
  if (!connected) co_return std::unexpected(connected.error());
  socket_ = std::move(*connected);
  host_ = endpoint.authority();
  started_ = last_progress_ = steady_now();
  co_await ((send_all() && read_answers()) || watch_silence());
  error_code ignored;
  socket_.close(ignored);
  if (error_) co_return std::unexpected(*error_);
  if (input_error_) co_return std::unexpected(*input_error_);
  co_return Result<void>();
}

void PutSession::stop() {
  input_over_ = true;
  changed();
}

void PutSession::fail_with(Error error) {
  if (error_) return;
  error_ = std::move(error);
  error_code ignored;
  socket_.close(ignored);  // ends what waits on it
  changed();
}

// ---- sending ---------------------------------------------------------------------------------------------------

Task<void> PutSession::send_all() {
  while (std::optional<PutBatch> batch = co_await next_batch()) {
    while (in_flight_.size() >= kMostInFlight && !error_) co_await sleep_on(sender_);
    if (error_) break;
    if (in_flight_.empty()) last_progress_ = steady_now();
    ++batch->tries;
    in_flight_.push_back(std::move(*batch));
    changed();
    co_await send(in_flight_.back());
  }
  all_sent_ = true;
  changed();
}

Task<std::optional<PutBatch>> PutSession::next_batch() {
  while (!error_) {
    if (!again_.empty()) {
      if (steady_now() < again_.front().not_before) {
        co_await sleep_on(sender_, again_.front().not_before);
        continue;
      }
      PutBatch batch = std::move(again_.front().batch);
      again_.pop_front();
      co_return batch;
    }
    if (!input_over_ || held_) {
      PutBatch batch = co_await gather();
      if (!batch.empty()) co_return batch;
    } else if (in_flight_.empty()) {
      co_return std::nullopt;
    } else {
      co_await sleep_on(sender_);  // an answer may still ask for something again
    }
  }
  co_return std::nullopt;
}

SteadyTime PutSession::next_allowed() const {
  double tick = std::max(1.0, std::floor(*rate_ * std::chrono::duration<double>(kRateTick).count()));
  double wanted = std::ceil((static_cast<double>(taken_) + 1) / tick) * tick - 1;
  return started_ + seconds(wanted / *rate_);
}

Task<PutBatch> PutSession::gather() {
  PutBatch batch;
  std::optional<SteadyTime> leave;
  if (held_) batch.add(std::move(*std::exchange(held_, std::nullopt)));
  while (!input_over_ && !error_) {
    if (rate_ && steady_now() < next_allowed()) {
      if (!batch.empty()) break;
      co_await sleep_on(sender_, std::min(next_allowed(), steady_now() + kLookUp));
      continue;
    }
    Result<RecordSource::Next> next = source_.next();
    if (!next) {
      input_error_ = next.error();
      input_over_ = true;
      break;
    }
    if (next->state == RecordSource::State::ended) {
      input_over_ = true;
      break;
    }
    if (next->state == RecordSource::State::waiting) {
      if (leave && steady_now() >= *leave) break;
      co_await source_.wait(leave.value_or(steady_now() + kLookUp));
      continue;
    }
    ++taken_;
    if (!batch.has_room_for(next->record)) {
      held_ = std::move(next->record);
      break;
    }
    batch.add(std::move(next->record));
    if (!leave) leave = steady_now() + kLinger;
    if (batch.count() == PutBatch::kMostRecords) break;
  }
  co_return batch;
}

Task<void> PutSession::send(const PutBatch& batch) {
  http::request<http::string_body> request{http::verb::post, "/", 11};
  request.set(http::field::host, host_);
  request.set(http::field::user_agent, "shardmill");
  request.set(http::field::content_type, "application/x-amz-json-1.1");
  request.set("X-Amz-Target", "Kinesis_20131202.PutRecords");
  request.body() = batch.body(stream_);
  request.prepare_payload();
  auto [error, size] = co_await http::async_write(socket_, request, kAwait);
  if (error) fail_with({Errc::unavailable, fmt::format("lost the connection: {}", error.message())});
}

// ---- answers ---------------------------------------------------------------------------------------------------

Task<void> PutSession::read_answers() {
  beast::flat_buffer buffer;
  while (!error_) {
    if (in_flight_.empty()) {
      if (all_sent_) break;
      co_await sleep_on(reader_);
      continue;
    }
    http::response<http::string_body> answer;
    auto [error, size] = co_await http::async_read(socket_, buffer, answer, kAwait);
    if (error) {
      fail_with({Errc::unavailable, fmt::format("lost the connection: {}", error.message())});
      break;
    }
    take_answer(answer.result_int(), answer.body());
  }
}

void PutSession::take_answer(unsigned status, const std::string& body) {
  PutBatch batch = std::move(in_flight_.front());
  in_flight_.pop_front();
  last_progress_ = steady_now();
  if (status != 200) {
    Error error = kinesis_error(status, body);
    if (may_retry(status, body))
      try_again(std::move(batch), error.text);
    else
      fail_with(std::move(error));
  } else if (Result<PutVerdict> verdict = read_put_answer(body, batch.count())) {
    settle(std::move(batch), *verdict);
  } else {
    fail_with(verdict.error());
  }
  changed();
}

void PutSession::settle(PutBatch batch, const PutVerdict& verdict) {
  std::size_t count = batch.count();
  std::size_t bytes = batch.bytes();
  if (!verdict.failed.empty()) {
    batch.keep(verdict.failed);
    count -= batch.count();
    bytes -= batch.bytes();
    try_again(std::move(batch), verdict.reason);
  }
  counts_.records += count;
  counts_.bytes += bytes;
}

void PutSession::try_again(PutBatch batch, const std::string& reason) {
  if (batch.tries >= kMostTries) {
    fail_with({Errc::unavailable,
               fmt::format("{} records were refused {} times: {}", batch.count(), batch.tries, reason)});
    return;
  }
  counts_.retried += batch.count();
  auto backoff = std::min(kLongestBackoff, kFirstBackoff * (1 << (batch.tries - 1)));
  again_.push_back({std::move(batch), steady_now() + backoff});
}

Task<void> PutSession::watch_silence() {
  asio::steady_timer timer(socket_.get_executor());
  for (;;) {
    co_await sleep_on(timer, steady_now() + 1s);
    if (!in_flight_.empty() && steady_now() - last_progress_ > kLongestSilence) break;
  }
  fail_with({Errc::unavailable, "the server has not answered for a minute"});
}

}  // namespace shardmill::app
