#include "http/connection.h"

#include <array>
#include <cstring>
#include <ctime>
#include <exception>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/bytes.h"

namespace shardmill::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadStep = 16 * 1024;
constexpr std::size_t kKeptBody = 1024 * 1024;  // larger body buffers are given back after the request

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

void append(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

std::string response_head(const Response& response, const std::string& date, bool keep) {
  std::string_view reason = view(wire::obsolete_reason(static_cast<wire::status>(response.status)));
  std::string head;
  head.reserve(512);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status, reason);
  append(head, "Date", date);
  for (const auto& [name, value] : response.headers) append(head, name, value);
  if (!response.content_type.empty()) append(head, "Content-Type", response.content_type);
  if (response.status != 204 && response.status != 304) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
  }
  if (!keep) append(head, "Connection", "close");
  head += "\r\n";
  return head;
}

}  // namespace

const std::string& DateText::now() {
  std::time_t now = std::time(nullptr);
  if (now != shown_) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[40];
    text_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    shown_ = now;
  }
  return text_;
}

void ServerState::opened() {
  std::lock_guard lock(mutex_);
  ++connections_;
}

void ServerState::closed() {
  std::lock_guard lock(mutex_);
  if (--connections_ == 0) empty_.notify_all();
}

std::size_t ServerState::connections() const {
  std::lock_guard lock(mutex_);
  return connections_;
}

bool ServerState::wait_until_empty(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, timeout, [this] { return connections_ == 0; });
}

class Connection::BodyShare {
 public:
  explicit BodyShare(ServerState& state) : state_(state) {}
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() { state_.body_bytes -= held_; }

  bool take(std::size_t bytes) {
    const std::size_t together = state_.body_bytes += bytes;
    if (together <= state_.limits.bodies_in_flight) {
      held_ += bytes;
      return true;
    }
    state_.body_bytes -= bytes;
    return false;
  }

 private:
  ServerState& state_;
  std::size_t held_ = 0;
};

Connection::Connection(asio::ip::tcp::socket socket, ServerState& state, LoopState& loop)
    : stream_(std::move(socket)), state_(state), loop_(loop), buffer_(state.limits.head_bytes + 2 * kReadStep) {
  loop_.live.insert(this);
}

Connection::~Connection() {
  loop_.live.erase(this);
  state_.closed();
}

void Connection::stop() {
  if (interruptible_) close();
}

void Connection::close() {
  boost::system::error_code ignored;
  stream_.socket().close(ignored);
}

Task<> Connection::run() {
  try {
    // No co_await behind && or ?: anywhere: g++ 12 destroys its temporaries twice.
    for (bool more = true; more && !state_.stopping; trim()) more = co_await serve_one();
  } catch (const std::exception& error) {
    spdlog::error("http: a connection was dropped: {}", error.what());
  }
  boost::system::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

Task<> Connection::turn_away() {
  co_await refuse(503, fmt::format("The server has {} connections open already.", state_.limits.connections));
}

void Connection::trim() {
  if (body_.size() > kKeptBody) body_ = ByteBuffer();
}

Task<bool> Connection::serve_one() {
  HeadParser parser;
  interruptible_ = true;
  if (!co_await read_head(parser)) co_return false;
  interruptible_ = false;

  BodyShare share(state_);
  if (!co_await read_body(parser, share)) co_return false;

  Response response = co_await answer_to(parser);
  bool keep = parser.get().version() >= 11 && parser.keep_alive() && !response.close && !state_.stopping;
  bool written = co_await write(response, keep, parser.get().method() != wire::verb::head);
  co_return (written && keep);
}

Task<bool> Connection::read_head(HeadParser& parser) {
  parser.header_limit(static_cast<std::uint32_t>(state_.limits.head_bytes));
  parser.body_limit(boost::none);  // checked in read_body, which knows how to answer
  if (buffer_.size() == 0) {
    stream_.expires_after(state_.limits.idle);
    auto [error, size] = co_await stream_.async_read_some(buffer_.prepare(kReadStep), kTuple);
    if (error) co_return false;
    buffer_.commit(size);
  }
  stream_.expires_after(state_.limits.head);
  auto [error, size] = co_await wire::async_read_header(stream_, buffer_, parser, kTuple);
  if (!error) {
    if (parser.get().target().starts_with('/')) co_return true;
    co_return co_await refuse(400, "The request target must start with '/'.");
  }
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow) {
    co_return co_await refuse(431,
                              fmt::format("The request head is larger than {} bytes.", state_.limits.head_bytes));
  }
  if (error == beast::error::timeout || error == wire::error::end_of_stream) co_return false;
  if (error.category() != make_error_code(wire::error::bad_method).category()) co_return false;
  if (error == wire::error::partial_message) co_return false;
  co_return co_await refuse(400, fmt::format("The request head is not HTTP/1.1: {}.", error.message()));
}

Task<bool> Connection::read_body(HeadParser& parser, BodyShare& share) {
  if (parser.get().count(wire::field::transfer_encoding) > 0 && !parser.chunked()) {
    co_return co_await refuse(501, "The only transfer encoding taken is chunked.");
  }
  std::size_t limit = state_.limits.body_bytes;
  std::uint64_t size = parser.content_length().value_or(0);
  if (size > limit) {
    co_return co_await refuse(413,
                              fmt::format("The request body has {} bytes; at most {} are taken.", size, limit));
  }
  if (!share.take(parser.chunked() ? limit : static_cast<std::size_t>(size))) {
    co_return co_await refuse(503, "The server holds too many request bodies at once. Please try again.");
  }
  bool asked = equal_ignoring_case(view(parser.get()[wire::field::expect]), "100-continue");
  if (asked && buffer_.size() == 0) {
    if (!co_await offer_to_continue()) co_return false;
  }
  stream_.expires_after(state_.limits.body);
  bool whole = false;
  if (parser.chunked()) {
    whole = co_await read_chunked_body(parser);
  } else {
    whole = co_await read_sized_body(static_cast<std::size_t>(size));
  }
  if (whole) std::memset(body_.extend(kBodyPadding).data(), 0, kBodyPadding);
  co_return whole;
}

// Straight from the socket into place: large bodies are the hot path.
Task<bool> Connection::read_sized_body(std::size_t size) {
  body_.resize_down(0);
  body_.reserve(size + kBodyPadding);
  std::span<std::byte> room = body_.extend(size);
  std::size_t have = std::min(size, buffer_.size());
  if (have > 0) std::memcpy(room.data(), buffer_.data().data(), have);
  buffer_.consume(have);
  if (have == size) co_return true;
  auto [error, read] = co_await asio::async_read(stream_, asio::buffer(room.data() + have, size - have), kTuple);
  co_return !error;
}

Task<bool> Connection::read_chunked_body(HeadParser& parser) {
  wire::request_parser<wire::string_body> whole(std::move(parser));
  whole.body_limit(state_.limits.body_bytes);
  auto [error, size] = co_await wire::async_read(stream_, buffer_, whole, kTuple);
  if (error == wire::error::body_limit) {
    co_return co_await refuse(413,
                              fmt::format("The request body is larger than {} bytes.", state_.limits.body_bytes));
  }
  if (error) co_return false;
  const std::string& body = whole.get().body();
  body_.resize_down(0);
  body_.append(as_bytes(body));
  // The head goes back to where the answer is made from.
  parser.get().base() = std::move(whole.get().base());  // NOLINT(bugprone-use-after-move): given a new value
  co_return true;
}

Task<bool> Connection::offer_to_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  stream_.expires_after(state_.limits.write);
  auto [error, size] = co_await asio::async_write(stream_, asio::buffer(kContinue), kTuple);
  co_return !error;
}

Task<Response> Connection::answer_to(const HeadParser& parser) {
  Request request;
  request.method = view(parser.get().method_string());
  request.target = view(parser.get().target());
  std::size_t mark = request.target.find('?');
  request.path = request.target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = request.target.substr(mark + 1);
  request.headers.reserve(16);
  for (const auto& field : parser.get()) {
    request.headers.push_back({view(field.name_string()), view(field.value())});
  }
  request.body = as_text(body_.bytes().first(body_.size() - kBodyPadding));

  Response failed{.status = 500, .content_type = "text/plain", .headers = {}, .body = "internal error\n"};
  try {
    co_return co_await state_.handler.handle(request);
  } catch (const std::exception& error) {
    spdlog::error("http: {} {} failed: {}", request.method, request.path, error.what());
  }
  co_return failed;
}

Task<bool> Connection::write(const Response& response, bool keep, bool with_body) {
  std::string head = response_head(response, loop_.date.now(), keep);
  std::array<asio::const_buffer, 2> parts{asio::buffer(head),
                                          asio::buffer(response.body.data(), with_body ? response.body.size() : 0)};
  stream_.expires_after(state_.limits.write);
  auto [error, size] = co_await asio::async_write(stream_, parts, kTuple);
  co_return !error;
}

Task<bool> Connection::refuse(int status, std::string text) {
  Response response{.status = status, .content_type = "text/plain", .headers = {}, .body = std::move(text) + "\n"};
  if (!co_await write(response, false, true)) co_return false;
  boost::system::error_code failed;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  stream_.expires_after(std::chrono::seconds(2));
  buffer_.consume(buffer_.size());
  for (std::size_t total = 0; !failed && total < state_.limits.body_bytes;) {
    auto [error, size] = co_await stream_.async_read_some(buffer_.prepare(kReadStep), kTuple);  // dropped
    failed = error;
    total += size;
  }
  co_return false;
}

}  // namespace shardmill::http
