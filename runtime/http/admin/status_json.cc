#include "http/admin/status_json.h"

#include <nlohmann/json.hpp>

#include "api/sequence.h"

namespace shardmill::http::admin {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const TriggerStatus& trigger) {
  return {{"stream", trigger.stream}, {"state", trigger.state}, {"problem", trigger.problem}};
}

Json json_of(const LaneStatus& lane) {
  Json json = {{"stream", lane.stream},   {"shard", shard_id(lane.shard)},  {"checkpoint", lane.checkpoint.value},
               {"end", lane.end.value},   {"lagRecords", lane.lag_records}, {"iteratorAgeMs", nullptr},
               {"attempt", lane.attempt}, {"lastError", lane.last_error}};
  if (lane.iterator_age_ms) json["iteratorAgeMs"] = *lane.iterator_age_ms;
  return json;
}

Json json_of(const LogLine& line) {
  return {{"time", line.time.ms},
          {"level", log_level_name(line.level)},
          {"version", line.version},
          {"requestId", line.request_id},
          {"text", line.text}};
}

template <class T>
Json list_of(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(json_of(item));
  return list;
}

}  // namespace

Json json_of(const ServerStatus& server) {
  return {{"version", server.version},  {"pid", server.pid},         {"started", server.started.ms},
          {"folder", server.folder},    {"streams", server.streams}, {"commitGroups", server.commit_groups},
          {"problems", server.problems}};
}

Json json_of(const FunctionStatus& function) {
  return {{"name", function.function},
          {"version", function.version},
          {"state", function.state},
          {"problem", function.problem},
          {"since", function.since.ms},
          {"workers", function.workers},
          {"invocations", function.invocations},
          {"errors", function.errors},
          {"records", function.records},
          {"emitted", function.emitted},
          {"expired", function.expired},
          {"lastError", function.last_error},
          {"triggers", list_of(function.triggers)},
          {"lanes", list_of(function.lanes)}};
}

Json json_of(const LogPage& page) {
  return {{"next", page.next}, {"missed", page.missed}, {"lines", list_of(page.lines)}};
}

}  // namespace shardmill::http::admin
