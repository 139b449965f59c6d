#include "http/server.h"

#include <cerrno>
#include <thread>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "http/connection.h"

namespace shardmill::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// One thread and the connections it serves.
class Loop {
 public:
  Loop() : context_(1), work_(asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { join(); }

  // Returns when every coroutine on the loop has ended.
  void join() {
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }
  asio::io_context& context() { return context_; }
  LoopState& state() { return state_; }

  template <class Do>
  void for_each_connection(Do what) {
    asio::post(context_, [this, what] {
      // A copy: what is done may end connections.
      for (Connection* connection : std::vector(state_.live.begin(), state_.live.end())) what(*connection);
    });
  }

 private:
  asio::io_context context_;
  LoopState state_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;  // last: it uses the others
};

class Server final : public HttpServer {
 public:
  Server(const ServerOptions& options, RequestHandler& handler) : state_(options.limits, handler) {
    for (unsigned i = 0; i < std::max(1U, options.loops); ++i) loops_.push_back(std::make_unique<Loop>());
    acceptor_ = std::make_unique<tcp::acceptor>(loops_.front()->context());
  }
  ~Server() override { stop(); }

  Result<void> listen(const ServerOptions& options);

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::string url() const override { return url_; }
  void stop() override;

 private:
  Task<> accept_all();
  void serve(tcp::socket socket, Loop& loop);
  static Task<> serve_one(std::unique_ptr<Connection> connection, bool full) {
    // Not one co_await of a conditional expression: g++ 12 destroys its temporaries twice.
    if (full) {
      co_await connection->turn_away();
    } else {
      co_await connection->run();
    }
  }

  ServerState state_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<tcp::acceptor> acceptor_;  // used on the first loop once it accepts
  std::size_t next_loop_ = 0;                // on the first loop
  std::uint16_t port_ = 0;
  std::string url_;
};

Result<asio::ip::address> parse_address(const std::string& text) {
  boost::system::error_code error;
  asio::ip::address address = asio::ip::make_address(text == "localhost" ? "127.0.0.1" : text, error);
  if (error) {
    return fail(Errc::invalid, fmt::format("Cannot listen on \"{}\": wanted a numeric address such as 127.0.0.1, "
                                           "0.0.0.0 or ::1, or localhost.",
                                           text));
  }
  return address;
}

Result<void> Server::listen(const ServerOptions& options) {
  Result<asio::ip::address> address = parse_address(options.address);
  if (!address) return std::unexpected(address.error());
  tcp::endpoint endpoint(*address, options.port);
  boost::system::error_code error;
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(Errc::io, fmt::format("Cannot listen on {}:{}: {}.", options.address, options.port,
                                      error == asio::error::address_in_use ? "another program listens there already"
                                                                           : error.message()));
  }
  port_ = acceptor_->local_endpoint().port();
  std::string host = address->to_string();
  url_ = fmt::format("http://{}:{}", address->is_v6() ? "[" + host + "]" : host, port_);
  asio::co_spawn(loops_.front()->context(), accept_all(), asio::detached);
  return {};
}

Task<> Server::accept_all() {
  asio::steady_timer pause(loops_.front()->context());
  while (acceptor_->is_open()) {
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    asio::any_io_executor executor = loop.context().get_executor();
    auto [error, socket] = co_await acceptor_->async_accept(executor, kTuple);
    if (!error) {
      serve(std::move(socket), loop);
    } else if (acceptor_->is_open() && error != asio::error::connection_aborted) {
      // Most likely out of descriptors: connections must end before the next accept can work.
      spdlog::warn("http: accept failed: {}", error.message());
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(kTuple);
    }
  }
}

void Server::serve(tcp::socket socket, Loop& loop) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  std::size_t open = state_.connections();
  if (open >= 2 * state_.limits.connections) return;  // too many to even tell them so
  state_.opened();
  bool full = open >= state_.limits.connections;
  asio::post(loop.context(), [this, &loop, full, socket = std::move(socket)]() mutable {
    auto connection = std::make_unique<Connection>(std::move(socket), state_, loop.state());
    if (!state_.stopping) asio::co_spawn(loop.context(), serve_one(std::move(connection), full), asio::detached);
  });
}

void Server::stop() {
  if (state_.stopping.exchange(true)) return;
  asio::post(loops_.front()->context(), [this] {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
  });
  for (auto& loop : loops_) loop->for_each_connection([](Connection& connection) { connection.stop(); });
  if (!state_.wait_until_empty(state_.limits.grace)) {
    spdlog::warn("http: {} requests did not end in time, their connections are closed", state_.connections());
    for (auto& loop : loops_) loop->for_each_connection([](Connection& connection) { connection.close(); });
    // What handlers wait for always comes: the store answers every call.
    while (!state_.wait_until_empty(std::chrono::seconds(1))) continue;
  }
  for (auto& loop : loops_) loop->join();
  acceptor_.reset();
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(const ServerOptions& options, RequestHandler& handler) {
  auto server = std::make_unique<Server>(options, handler);
  if (Result<void> listening = server->listen(options); !listening) return std::unexpected(listening.error());
  return server;
}

bool is_loopback_address(const std::string& address) {
  Result<asio::ip::address> parsed = parse_address(address);
  return parsed && parsed->is_loopback();
}

}  // namespace shardmill::http
