// What reads one element of a function's `Triggers`. Every kind of trigger brings one; the list of them stands in
// triggers/builtin.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/deployment.h"
#include "api/ids.h"
#include "base/settings_reader.h"

namespace shardmill {

// A place in a settings file that names a stream, which has to exist.
struct StreamMention {
  SettingsNode place;
  std::string stream;
};

// What a trigger's reader adds to.
struct FunctionFile {
  FunctionSettings settings;
  std::vector<StreamMention> streams;
};

struct TriggerKind {
  std::string key;  // that tells the kind: "Stream" of {"Stream": "clicks"}
  // Reads `node`, adds the trigger to `file`, or problems to the node's list. `now` is for times that may not lie
  // ahead.
  std::function<void(const SettingsNode& node, WallTime now, FunctionFile& file)> read;
};

}  // namespace shardmill
