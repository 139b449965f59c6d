// Changing a stream's retention, which two operations do, each in its direction.
#pragma once

#include <cstdint>
#include <string>

#include "api/task.h"
#include "http/kinesis/api.h"
#include "http/kinesis/errors.h"
#include "http/kinesis/input.h"
#include "http/kinesis/shape.h"

namespace shardmill::http::kinesis {

inline constexpr Member kRetentionShape[] = {
    integer("RetentionPeriodHours", {1, 10000}, true),
    stream_name(),
    stream_arn(),
};

enum class RetentionMove { increase, decrease };

Task<Outcome<std::string>> change_retention(Api& api, const Input& input, RetentionMove move);

}  // namespace shardmill::http::kinesis
