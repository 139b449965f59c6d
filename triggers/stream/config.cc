#include "triggers/stream/config.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "api/stream_name.h"

namespace shardmill::triggers::stream {
namespace {

// In the order of the enum.
const std::vector<std::string>& starting_positions() {
  static const std::vector<std::string> names = {"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"};
  return names;
}

void read_stream(SettingsObject& object, FunctionFile& file, StreamTrigger& trigger) {
  constexpr std::string_view kWanted = "the name or ARN of a stream";
  auto node = object.need("Stream", kWanted);
  if (!node) return;
  auto text = node->text(kWanted);
  if (!text) return;
  auto name = stream_name_of(*text);
  if (!name) return node->refuse(kWanted);
  trigger.stream = *name;
  auto& others = file.settings.stream_triggers;
  auto twin = std::ranges::find(others, *name, &StreamTrigger::stream);
  if (twin != others.end()) {
    node->complain(fmt::format("\"{}\" has a trigger of this function already; wanted one per stream", *name));
  }
  file.streams.push_back({*node, *name});
}

void read_start(SettingsObject& object, WallTime now, StreamTrigger& trigger) {
  if (auto node = object.find("StartingPosition")) {
    if (auto index = node->choice(starting_positions())) trigger.start = static_cast<StartingPosition>(*index);
  }
  bool at_timestamp = trigger.start == StartingPosition::at_timestamp;
  constexpr std::string_view kTimestamp = "StartingPositionTimestamp";
  auto node = at_timestamp ? object.need(kTimestamp, "a time, because StartingPosition is AT_TIMESTAMP")
                           : object.find(kTimestamp);
  if (!node) return;
  if (!at_timestamp) return node->complain("is only for \"StartingPosition\": \"AT_TIMESTAMP\"");
  auto ms = node->timestamp_ms();
  if (!ms) return;
  if (*ms > now.ms) return node->refuse("a time that is not in the future");
  trigger.start_time = WallTime{*ms};
}

void read(const SettingsNode& node, WallTime now, FunctionFile& file) {
  StreamTrigger trigger;
  SettingsObject object(node);
  read_stream(object, file, trigger);
  object.integer("BatchSize", trigger.batch_size, 1, 10'000);
  object.duration("MaximumBatchingWindowInSeconds", trigger.batching_window, 0, 300);
  read_start(object, now, trigger);
  object.boolean("Enabled", trigger.enabled);
  object.finish();
  file.settings.stream_triggers.push_back(std::move(trigger));
}

}  // namespace

TriggerKind kind() {
  return {"Stream", read};
}

}  // namespace shardmill::triggers::stream
