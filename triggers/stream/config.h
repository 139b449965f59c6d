// {"Stream": ...} in a function's `Triggers`: the settings of an event source mapping, in AWS's names.
#pragma once

#include "api/trigger_kind.h"

namespace shardmill::triggers::stream {

[[nodiscard]] TriggerKind kind();

}  // namespace shardmill::triggers::stream
