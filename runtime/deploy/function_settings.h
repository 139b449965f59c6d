// NAME.json beside NAME.so: what a function may use and what triggers it.
#pragma once

#include <span>
#include <string_view>

#include "api/deployment.h"
#include "api/streams.h"
#include "api/trigger_kind.h"
#include "base/settings_reader.h"

namespace shardmill::deploy {

struct JudgedSettings {
  FunctionSettings settings;
  // Some problems are streams that do not exist: the same text may be good once a stream was created.
  bool waits_for_streams = false;
};

// Reads the text of NAME.json; an empty text is a function without triggers. Everything wrong with it is in
// `problems`, and then the result is of no use but for `waits_for_streams`. Any thread.
[[nodiscard]] JudgedSettings read_function_settings(std::string_view text, std::span<const TriggerKind> kinds,
                                                    const Catalogue& catalogue, WallTime now,
                                                    SettingsProblems& problems);

}  // namespace shardmill::deploy
