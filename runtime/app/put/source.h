// Where `stream put` gets its records from: lines of a file or of stdin, or a template.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>

#include "api/clock.h"
#include "api/task.h"
#include "app/put/record.h"
#include "app/template/record_template.h"
#include "base/interface.h"

namespace shardmill::app {

// One thread: that of the io_context the records are used on.
class RecordSource : public Interface {
 public:
  enum class State { ready, waiting, ended };
  struct Next {
    State state = State::ended;
    PutRecord record;  // with `ready`
  };
  // The next record, if it is there already; `waiting` if the input must be waited for. Errors name the line.
  virtual Result<Next> next() = 0;
  // Returns when next() may have more, or after `until`.
  virtual Task<> wait(std::optional<SteadyTime> until) = 0;

  // How much of the whole was handed out, 0 to 1; nothing if the whole is not known.
  [[nodiscard]] virtual std::optional<double> fraction() const = 0;
};

// Lines of the descriptor, which stays the caller's.
std::unique_ptr<RecordSource> line_source(boost::asio::io_context& context, int descriptor, RecordRules rules);

struct TemplateLimits {
  std::optional<std::uint64_t> count;
  std::optional<std::chrono::milliseconds> duration;
};
// Records from a template, until a limit is reached.
std::unique_ptr<RecordSource> template_source(RecordTemplate record_template, RecordRules rules,
                                              TemplateLimits limits, std::uint64_t seed);

}  // namespace shardmill::app
