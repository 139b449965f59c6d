// One client connection: reads a request, has it handled, writes the answer, and starts over.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/byte_buffer.h"
#include "http/server.h"

namespace shardmill::http {

class Connection;

// RFC 9110's date, renewed once a second. One thread.
class DateText {
 public:
  const std::string& now();

 private:
  std::time_t shown_ = -1;
  std::string text_;
};

// What the connections of one loop share. On its thread only.
struct LoopState {
  std::unordered_set<Connection*> live;
  DateText date;
};

// What all connections of a server share. Guards itself.
struct ServerState {
  ServerState(const ServerLimits& given_limits, RequestHandler& given_handler)
      : limits(given_limits), handler(given_handler) {}

  const ServerLimits limits;
  RequestHandler& handler;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> body_bytes{0};

  void opened();
  void closed();
  [[nodiscard]] std::size_t connections() const;
  // True as soon as no connection is left, false after `timeout`.
  bool wait_until_empty(std::chrono::milliseconds timeout);

 private:
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t connections_ = 0;  // guarded by mutex_
};

// Lives on one loop, owned by the coroutine that runs it.
class Connection {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ServerState& state, LoopState& loop);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Serves until the client leaves, an error, a timeout or the end of the server.
  Task<> run();
  // Answers 503 and closes.
  Task<> turn_away();
  // Ends it now if no request is being read or handled; else it ends after its answer.
  void stop();
  void close();

 private:
  using HeadParser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  // Bytes of ServerState::body_bytes held by one request.
  class BodyShare;

  Task<bool> serve_one();
  Task<bool> read_head(HeadParser& parser);
  Task<bool> read_body(HeadParser& parser, BodyShare& share);
  Task<bool> read_sized_body(std::size_t size);
  Task<bool> read_chunked_body(HeadParser& parser);
  Task<bool> offer_to_continue();
  Task<Response> answer_to(const HeadParser& parser);
  Task<bool> write(const Response& response, bool keep, bool with_body);
  // Answers an error, then lets the client finish sending, so that it reads the answer before the reset.
  Task<bool> refuse(int status, std::string text);
  void trim();

  boost::beast::tcp_stream stream_;
  ServerState& state_;
  LoopState& loop_;
  boost::beast::flat_buffer buffer_;  // read from the socket and not yet used
  ByteBuffer body_;                   // of the current request, with its padding
  bool interruptible_ = true;         // between two requests, or within a head
};

}  // namespace shardmill::http
