// A connection to a server, for whatever speaks HTTP over it.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "api/task.h"
#include "app/client.h"
#include "base/result.h"

namespace shardmill::app {

// Gives up after five seconds. Fails with unreachable().
Task<Result<boost::asio::ip::tcp::socket>> connect_to(const Endpoint& endpoint);

}  // namespace shardmill::app
