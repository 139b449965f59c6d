#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/tags.h"

namespace shardmill::http::kinesis::add_tags_to_stream {
namespace {

constexpr Member kShape[] = {tag_map(true), stream_name(), stream_arn()};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  co_return co_await add_tags(api, *stream, input.text_map("Tags"));
}

}  // namespace

const Operation kOperation{.name = "AddTagsToStream", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::add_tags_to_stream
