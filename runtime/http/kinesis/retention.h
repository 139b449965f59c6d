// Changing a stream's retention, which two operations do, each in its direction.
#pragma once

#include <cstdint>
#include <string>

#include "api/task.h"
#include "http/kinesis/api.h"
#include "http/kinesis/errors.h"
#include "http/kinesis/input.h"

namespace shardmill::http::kinesis {

enum class RetentionMove { increase, decrease };

Task<Outcome<std::string>> change_retention(Api& api, const Input& input, RetentionMove move);

}  // namespace shardmill::http::kinesis
