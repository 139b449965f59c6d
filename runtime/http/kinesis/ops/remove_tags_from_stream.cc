#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/tags.h"

namespace shardmill::http::kinesis::remove_tags_from_stream {
namespace {

constexpr Member kShape[] = {tag_keys(), stream_name(), stream_arn()};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  co_return co_await remove_tags(api, *stream, input.texts("TagKeys"));
}

}  // namespace

const Operation kOperation{.name = "RemoveTagsFromStream", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::remove_tags_from_stream
