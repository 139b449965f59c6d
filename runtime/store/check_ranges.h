// The rules of a stream's shards among themselves: open ones tile the key space, a child lies in the range of its
// parents, parents are closed. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "api/streams.h"

namespace shardmill::store {

// What breaks a rule, one sentence each. `shards`: by number, those that retention has taken left out.
std::vector<std::string> range_complaints(const std::vector<ShardInfo>& shards);

}  // namespace shardmill::store
