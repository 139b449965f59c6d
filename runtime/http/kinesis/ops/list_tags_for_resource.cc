#include "http/kinesis/describe.h"
#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"

namespace shardmill::http::kinesis::list_tags_for_resource {
namespace {

constexpr Member kShape[] = {resource_arn()};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = resource_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  JsonWriter json;
  json.begin_object().key("Tags");
  write_tags(json, (*stream)->tags);
  json.end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "ListTagsForResource", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::list_tags_for_resource
