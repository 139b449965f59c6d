#include "app/connect.h"

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace shardmill::app {
namespace {

constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::chrono::seconds kConnectTimeout{5};

}  // namespace

Task<Result<boost::asio::ip::tcp::socket>> connect_to(const Endpoint& endpoint) {
  boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  boost::asio::ip::tcp::resolver resolver(executor);
  auto [unresolved, addresses] = co_await resolver.async_resolve(endpoint.host, endpoint.port, kAwait);
  if (unresolved) co_return std::unexpected(unreachable(endpoint, unresolved));
  boost::beast::tcp_stream stream(executor);
  stream.expires_after(kConnectTimeout);
  auto [refused, address] = co_await stream.async_connect(addresses, kAwait);
  if (refused) co_return std::unexpected(unreachable(endpoint, refused));
  boost::system::error_code ignored;
  stream.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  co_return stream.release_socket();
}

}  // namespace shardmill::app
