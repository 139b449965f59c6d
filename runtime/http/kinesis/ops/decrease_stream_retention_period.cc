#include "http/kinesis/operations.h"
#include "http/kinesis/retention.h"

namespace shardmill::http::kinesis::decrease_stream_retention_period {
namespace {

Task<Answer> act(Api& api, Input input) {
  co_return co_await change_retention(api, input, RetentionMove::decrease);
}

}  // namespace

const Operation kOperation{.name = "DecreaseStreamRetentionPeriod", .shape = kRetentionShape, .act = act};

}  // namespace shardmill::http::kinesis::decrease_stream_retention_period
