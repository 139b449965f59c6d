#include "triggers/builtin.h"

#include "triggers/stream/config.h"

namespace shardmill::triggers {

std::vector<TriggerKind> builtin_kinds() {
  return {stream::kind()};
}

}  // namespace shardmill::triggers
