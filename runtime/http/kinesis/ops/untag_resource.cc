#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/tags.h"

namespace shardmill::http::kinesis::untag_resource {
namespace {

constexpr Member kShape[] = {tag_keys(), resource_arn()};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = resource_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  co_return co_await remove_tags(api, *stream, input.texts("TagKeys"));
}

}  // namespace

const Operation kOperation{.name = "UntagResource", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::untag_resource
