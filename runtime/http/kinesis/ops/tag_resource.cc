#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/tags.h"

namespace shardmill::http::kinesis::tag_resource {
namespace {

constexpr Member kShape[] = {tag_map(true), resource_arn()};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = resource_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  co_return co_await add_tags(api, *stream, input.text_map("Tags"));
}

}  // namespace

const Operation kOperation{.name = "TagResource", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::tag_resource
