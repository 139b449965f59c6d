// The server over raw sockets: what well-behaved clients never send.
#include "http/server.h"

#include <atomic>
#include <future>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <sys/socket.h>

using namespace shardmill;        // NOLINT: test
using namespace shardmill::http;  // NOLINT: test

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Answers with what it was asked. "/held" waits until release().
class Echo final : public RequestHandler {
 public:
  Task<Response> handle(const Request& request) override {
    ++handled;
    if (request.path == "/held") {
      co_await await_callback<bool>([this](Callback<bool> done) { held_.set_value(std::move(done)); });
    }
    if (request.path == "/throws") throw std::runtime_error("on purpose");
    std::string text(request.method);
    text +=
        " " + std::string(request.path) + "?" + std::string(request.query) + " [" + std::string(request.body) + "]";
    co_return Response{.status = 200, .content_type = "text/plain", .headers = {}, .body = text};
  }
  void release() { held_.get_future().get()(true); }

  std::atomic<int> handled{0};

 private:
  std::promise<Callback<bool>> held_;
};

// A client that says exactly what it is told. Every read gives up after ten seconds.
class Client {
 public:
  explicit Client(const HttpServer& server) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), server.port()});
    timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Client& send(std::string_view text) {
    asio::write(socket_, asio::buffer(text.data(), text.size()));
    return *this;
  }
  // The next answer's status and body.
  std::string answer(bool has_body = true) {
    std::size_t size = asio::read_until(socket_, buffer_, "\r\n\r\n");
    head_ = take(size);
    std::string status = head_.substr(9, 3);
    std::size_t at = head_.find("Content-Length: ");
    std::size_t length = at == std::string::npos || !has_body ? 0 : std::stoul(head_.substr(at + 16));
    if (buffer_.size() < length) asio::read(socket_, buffer_, asio::transfer_exactly(length - buffer_.size()));
    std::string body = take(length);
    return status + " " + body;
  }
  const std::string& head() const { return head_; }
  // Whether the server has closed, with nothing left to read.
  bool is_closed() {
    char byte = 0;
    boost::system::error_code error;
    std::size_t size = buffer_.size() + socket_.read_some(asio::buffer(&byte, 1), error);
    return size == 0 && (error == asio::error::eof || error == asio::error::connection_reset);
  }
  void reset() {
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }

 private:
  std::string take(std::size_t size) {
    std::string text(asio::buffers_begin(buffer_.data()),
                     asio::buffers_begin(buffer_.data()) + static_cast<std::ptrdiff_t>(size));
    buffer_.consume(size);
    return text;
  }

  asio::io_context context_;
  tcp::socket socket_{context_};
  asio::streambuf buffer_;
  std::string head_;
};

struct Fixture {
  Fixture() {
    options.port = 0;
    options.limits.head_bytes = 4096;
    options.limits.body_bytes = 100'000;
  }
  HttpServer& server() {
    if (!server_) {
      auto opened = HttpServer::open(options, echo);
      REQUIRE(opened.has_value());
      server_ = std::move(*opened);
    }
    return *server_;
  }
  Echo echo;
  ServerOptions options;

 private:
  std::unique_ptr<HttpServer> server_;
};

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE_METHOD(Fixture, "One connection takes many requests") {
  Client client(server());
  for (int i = 0; i < 3; ++i) CHECK(client.send(kGet).answer() == "200 GET /a?b=c []");
  CHECK(client.send("POST /p HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi").answer() == "200 POST /p? [hi]");
  CHECK(client.head().find("\r\nDate: ") != std::string::npos);
  CHECK(client.head().find("Connection: close") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "Requests sent without waiting are answered in order") {
  Client client(server());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    std::string body(static_cast<std::size_t>(i * 7), static_cast<char>('a' + i % 26));
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    std::string body(static_cast<std::size_t>(i * 7), static_cast<char>('a' + i % 26));
    REQUIRE(client.answer() == "200 POST /" + std::to_string(i) + "? [" + body + "]");
  }
}

TEST_CASE_METHOD(Fixture, "A request may come byte by byte") {
  Client client(server());
  for (char c : std::string_view("POST /slow HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")) client.send({&c, 1});
  CHECK(client.answer() == "200 POST /slow? [abc]");
}

TEST_CASE_METHOD(Fixture, "A large body arrives whole, cut as it may be") {
  Client client(server());
  std::string body(100'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 26);
  client.send("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + body.substr(0, 10));
  client.send(body.substr(10, 70'000)).send(body.substr(70'010));
  CHECK(client.answer() == "200 POST /? [" + body + "]");
  CHECK(client.send(kGet).answer() == "200 GET /a?b=c []");
}

TEST_CASE_METHOD(Fixture, "A chunked body is put together, and the connection goes on") {
  Client client(server());
  client.send(
      "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\n\r\n");
  CHECK(client.answer() == "200 POST /c? [hello world]");
  CHECK(client.send(kGet).answer() == "200 GET /a?b=c []");
}

TEST_CASE_METHOD(Fixture, "A chunked body that grows beyond the limit is refused") {
  Client client(server());
  client.send("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) client.send("2710\r\n" + std::string(10'000, 'x') + "\r\n");
  CHECK(client.answer() == "413 The request body is larger than 100000 bytes.\n");
}

TEST_CASE_METHOD(Fixture, "Expect: 100-continue is answered before the body comes") {
  Client client(server());
  client.send("POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.answer() == "100 ");
  CHECK(client.send("ok").answer() == "200 POST /e? [ok]");
}

TEST_CASE_METHOD(Fixture, "Expect: 100-continue for too large a body is answered 413") {
  Client client(server());
  client.send("POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n");
  CHECK(client.answer() == "413 The request body has 100001 bytes; at most 100000 are taken.\n");
  CHECK(client.is_closed());
}

TEST_CASE_METHOD(Fixture, "A body too large is refused while the client still sends, and the client can read why") {
  Client client(server());
  client.send("POST /big HTTP/1.1\r\nContent-Length: 100001\r\n\r\n").send(std::string(90'000, 'x'));
  CHECK(client.answer().starts_with("413 "));
  CHECK(client.head().find("Connection: close") != std::string::npos);
  CHECK(echo.handled == 0);
}

TEST_CASE_METHOD(Fixture, "A head too large is refused") {
  Client client(server());
  client.send("GET / HTTP/1.1\r\nX: " + std::string(5000, 'x') + "\r\n\r\n");
  CHECK(client.answer() == "431 The request head is larger than 4096 bytes.\n");
  CHECK(client.is_closed());
}

TEST_CASE_METHOD(Fixture, "What is not HTTP is refused") {
  auto text = GENERATE(as<std::string>(), "hello\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET\r\n\r\n",
                       "GET / HTTP/1.1\r\nbad header\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n",
                       "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                       "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                       "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                       "GET http://x/ HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1\r\n\r\n");
  INFO(text);
  Client client(server());
  CHECK(client.send(text).answer().starts_with("400 "));
  CHECK(client.is_closed());
  CHECK(echo.handled == 0);
}

TEST_CASE_METHOD(Fixture, "A transfer encoding other than chunked is refused, so that no body hides behind it") {
  Client client(server());
  CHECK(client.send("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nGET / HTTP/1.1\r\n\r\n")
            .answer()
            .starts_with("501 "));
  CHECK(client.is_closed());
}

TEST_CASE_METHOD(Fixture, "A client that leaves within a request harms nobody") {
  for (std::string_view part : {"POST /x HT", "POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
                                "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    Client client(server());
    client.send(part);
    client.reset();
  }
  Client client(server());
  CHECK(client.send(kGet).answer() == "200 GET /a?b=c []");
  CHECK(echo.handled == 1);
}

TEST_CASE_METHOD(Fixture, "HEAD is answered without a body") {
  Client client(server());
  CHECK(client.send("HEAD /a HTTP/1.1\r\n\r\n").answer(false) == "200 ");
  CHECK(client.head().find("Content-Length: 11") != std::string::npos);
  CHECK(client.send(kGet).answer() == "200 GET /a?b=c []");
}

TEST_CASE_METHOD(Fixture, "HTTP/1.0 and Connection: close end the connection after the answer") {
  for (std::string_view request : {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"}) {
    Client client(server());
    CHECK(client.send(request).answer() == "200 GET /? []");
    CHECK(client.head().find("Connection: close") != std::string::npos);
    CHECK(client.is_closed());
  }
}

TEST_CASE_METHOD(Fixture, "A handler that throws is a 500, not the end") {
  Client client(server());
  CHECK(client.send("GET /throws HTTP/1.1\r\n\r\n").answer() == "500 internal error\n");
  CHECK(client.send(kGet).answer() == "200 GET /a?b=c []");
}

TEST_CASE_METHOD(Fixture, "A head that does not end in time, and a client that says nothing, are hung up on") {
  options.limits.head = std::chrono::milliseconds(50);
  options.limits.idle = std::chrono::milliseconds(50);
  options.limits.body = std::chrono::milliseconds(50);
  Client slow(server());
  slow.send("GET / HT");
  CHECK(slow.is_closed());
  Client silent(server());
  CHECK(silent.is_closed());
  Client stuck(server());
  stuck.send("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc");
  CHECK(stuck.is_closed());
  CHECK(echo.handled == 0);
}

TEST_CASE_METHOD(Fixture, "More connections than allowed are told so") {
  options.limits.connections = 2;
  Client first(server());
  Client second(server());
  CHECK(first.send(kGet).answer().starts_with("200 "));
  CHECK(second.send(kGet).answer().starts_with("200 "));
  Client third(server());
  CHECK(third.answer() == "503 The server has 2 connections open already.\n");
  CHECK(first.send(kGet).answer().starts_with("200 "));
}

TEST_CASE_METHOD(Fixture, "More body bytes at once than allowed are told so") {
  options.limits.bodies_in_flight = 50'000;
  Client client(server());
  client.send("POST / HTTP/1.1\r\nContent-Length: 60000\r\n\r\n");
  CHECK(client.answer().starts_with("503 The server holds too many request bodies"));
  Client after(server());
  CHECK(after.send("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok").answer() == "200 POST /? [ok]");
}

TEST_CASE_METHOD(Fixture, "Stopping finishes the request in flight and hangs up on idle connections") {
  options.loops = 2;
  HttpServer& running = server();
  Client idle(running);
  CHECK(idle.send(kGet).answer().starts_with("200 "));
  Client busy(running);
  busy.send("GET /held HTTP/1.1\r\n\r\n");
  while (echo.handled < 2) std::this_thread::yield();
  std::thread stopping([&] { running.stop(); });
  CHECK(idle.is_closed());
  echo.release();
  CHECK(busy.answer() == "200 GET /held? []");
  CHECK(busy.head().find("Connection: close") != std::string::npos);
  CHECK(busy.is_closed());
  stopping.join();
  running.stop();
}

TEST_CASE_METHOD(Fixture, "A port in use and an address that is none are said in one sentence") {
  ServerOptions second = options;
  second.port = server().port();
  auto taken = HttpServer::open(second, echo);
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == Errc::io);
  CHECK(taken.error().text ==
        "Cannot listen on 127.0.0.1:" + std::to_string(second.port) + ": another program listens there already.");
  second.address = "here";
  auto odd = HttpServer::open(second, echo);
  REQUIRE_FALSE(odd.has_value());
  CHECK(odd.error().code == Errc::invalid);
  CHECK(odd.error().text.starts_with("Cannot listen on \"here\": wanted a numeric address"));
}

TEST_CASE("Loopback addresses are told from others") {
  for (std::string address : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) CHECK(is_loopback_address(address));
  for (std::string address : {"0.0.0.0", "10.0.0.1", "::", "example.com", ""})
    CHECK_FALSE(is_loopback_address(address));
}
