#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis::update_stream_mode {
namespace {

constexpr Member kShape[] = {
    stream_arn(true),
    stream_mode_details(true),
    integer("WarmThroughputMiBps", {.min = 0}),
};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  const std::string& name = (*stream)->name;
  std::optional<Input> details = input.structure("StreamModeDetails");
  bool on_demand = details && details->must_text("StreamMode") == "ON_DEMAND";
  StreamChange change;
  change.mode = on_demand ? StreamMode::on_demand : StreamMode::provisioned;
  const bool switches = change.mode != (*stream)->mode;
  if (switches && (*stream)->enforce_limits && !api.mode_switches.admit((*stream)->id)) {
    co_return stream_rate_exceeded(api, name);
  }
  auto changed = co_await change_stream_in(api, name, std::move(change));
  if (changed) co_return std::string();
  if (changed.error().code == Errc::not_found) co_return stream_missing(api, name);
  co_return store_error(changed.error());
}

}  // namespace

const Operation kOperation{.name = "UpdateStreamMode", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::update_stream_mode
