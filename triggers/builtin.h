// The list of trigger kinds that the runtime is built with.
#pragma once

#include <vector>

#include "api/trigger_kind.h"

namespace shardmill::triggers {

[[nodiscard]] std::vector<TriggerKind> builtin_kinds();

}  // namespace shardmill::triggers
