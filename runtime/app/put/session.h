// Puts records from a source into a stream: PutRecords requests over one connection, several on their way at once. The
// server answers the requests of a connection in order, so records reach each shard in the order of the input, except
// those that the server refused for now and that are sent again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/clock.h"
#include "api/task.h"
#include "app/client.h"
#include "app/put/batch.h"
#include "app/put/source.h"

namespace shardmill::app {

struct PutCounts {
  std::uint64_t records = 0;  // stored: the server said so
  std::uint64_t bytes = 0;    // of their keys and data
  std::uint64_t retried = 0;  // sent again, counted each time
};

// One thread: that of the io_context.
class PutSession {
 public:
  // `rate` is records a second; none: as fast as the server takes them.
  PutSession(boost::asio::io_context& context, std::string stream, RecordSource& source,
             std::optional<double> rate);

  // Returns when all that the source gave is stored, also when the source ended in an error, which is returned then;
  // or on the first error of the server that trying again does not mend: records that were on their way then may or
  // may not be stored.
  Task<Result<void>> run(const Endpoint& endpoint);
  // Takes no more from the source; run() returns once the answers to what was sent are in.
  void stop();

  [[nodiscard]] const PutCounts& counts() const { return counts_; }

 private:
  struct Again {
    PutBatch batch;
    SteadyTime not_before;
  };

  Task<void> send_all();
  Task<void> read_answers();
  Task<void> watch_silence();
  Task<std::optional<PutBatch>> next_batch();
  Task<PutBatch> gather();
  Task<void> send(const PutBatch& batch);
  // Both directions look again at what they wait for.
  void changed() {
    sender_.cancel();
    reader_.cancel();
  }

  // When the rate allows the next records, with a little gathered so that slow rates do not mean many requests.
  [[nodiscard]] SteadyTime next_allowed() const;
  void take_answer(unsigned status, const std::string& body);
  void settle(PutBatch batch, const PutVerdict& verdict);
  void try_again(PutBatch batch, const std::string& reason);
  void fail_with(Error error);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer sender_;  // what send_all() sleeps on
  boost::asio::steady_timer reader_;  // what read_answers() sleeps on
  std::string host_;
  std::string stream_;
  RecordSource& source_;
  std::optional<double> rate_;

  SteadyTime started_;
  std::uint64_t taken_ = 0;         // from the source
  std::optional<PutRecord> held_;   // taken, but it did not fit into the batch before
  std::deque<PutBatch> in_flight_;  // sent, oldest first
  std::deque<Again> again_;
  SteadyTime last_progress_;
  bool input_over_ = false;
  bool all_sent_ = false;
  std::optional<Error> input_error_;  // of the source: what came before it is still stored
  std::optional<Error> error_;
  PutCounts counts_;
};

}  // namespace shardmill::app
