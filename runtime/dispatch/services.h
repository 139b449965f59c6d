// What dispatch works with. Everything comes in from outside, so that the same lanes run on real time and disk, in
// unit tests, and in a simulation.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "api/clock.h"
#include "api/observer.h"
#include "api/streams.h"
#include "dispatch/byte_budget.h"

namespace shardmill::dispatch {

// Borrowed things outlive the dispatcher and its executor's last turn.
struct Services {
  boost::asio::any_io_executor executor;  // of one thread; everything of dispatch runs on it
  StreamReader& reader;
  Committer& committer;
  Catalogue& catalogue;
  TriggerRegistry& triggers;
  Clock& clock;
  Timers& timers;
  Random& random;
  LogSink& log;
};

struct Settings {
  std::size_t bytes_in_flight = std::size_t{256} << 20;  // of all batches and outputs that lanes hold
  std::string stream_arn_prefix = "arn:aws:kinesis:us-east-1:000000000000:stream/";
};

// What all lanes share.
struct Shared {
  Services use;
  Settings settings;
  std::shared_ptr<ByteBudget> budget;
};
using SharedRef = std::shared_ptr<const Shared>;  // shared: lanes may be torn down after the dispatcher

}  // namespace shardmill::dispatch
