// A function's settings as JSON in the words of NAME.json, complete and always in the same form: what is hashed into
// the version, and what `function show` shows.
#pragma once

#include <string>

#include "api/deployment.h"

namespace shardmill::deploy {

[[nodiscard]] std::string settings_text(const FunctionSettings& settings);

}  // namespace shardmill::deploy
