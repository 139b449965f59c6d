#include "deploy/settings_text.h"

#include <nlohmann/json.hpp>

namespace shardmill::deploy {
namespace {

using Json = nlohmann::ordered_json;

std::string_view start_name(StartingPosition start) {
  switch (start) {
    case StartingPosition::trim_horizon:
      return "TRIM_HORIZON";
    case StartingPosition::latest:
      return "LATEST";
    case StartingPosition::at_timestamp:
      return "AT_TIMESTAMP";
  }
  return "";
}

Json trigger_json(const StreamTrigger& trigger) {
  Json json = {{"Stream", trigger.stream},
               {"BatchSize", trigger.batch_size},
               {"MaximumBatchingWindowInSeconds", trigger.batching_window.count()},
               {"StartingPosition", start_name(trigger.start)}};
  if (trigger.start == StartingPosition::at_timestamp) {
    json["StartingPositionTimestamp"] = static_cast<double>(trigger.start_time.ms) / 1000;
  }
  json["Enabled"] = trigger.enabled;
  return json;
}

}  // namespace

std::string settings_text(const FunctionSettings& settings) {
  Json json = {{"Timeout", settings.timeout.count()}, {"MemorySize", settings.memory_mb}};
  if (settings.workers > 0) json["Workers"] = settings.workers;
  json["Isolation"] = settings.isolation == Isolation::in_line ? "inline" : "process";
  json["Outputs"] = settings.outputs;
  json["Environment"] = Json::object();
  for (const auto& [name, value] : settings.environment) json["Environment"][name] = value;
  if (!settings.read_paths.empty()) json["ReadPaths"] = settings.read_paths;
  if (!settings.write_paths.empty()) json["WritePaths"] = settings.write_paths;
  json["Triggers"] = Json::array();
  for (const StreamTrigger& trigger : settings.stream_triggers) json["Triggers"].push_back(trigger_json(trigger));
  return json.dump();
}

}  // namespace shardmill::deploy
