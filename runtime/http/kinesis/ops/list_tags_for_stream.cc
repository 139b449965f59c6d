#include "http/kinesis/describe.h"
#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/tags.h"

namespace shardmill::http::kinesis::list_tags_for_stream {
namespace {

constexpr Member kShape[] = {
    integer("Limit", {1, 50}),
    {.name = "ExclusiveStartTagKey", .range = {1, 128}},
    stream_name(),
    stream_arn(),
};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  auto limit = static_cast<std::size_t>(input.integer("Limit").value_or(static_cast<std::int32_t>(kMostTags)));
  const Tags& all = (*stream)->tags;
  auto tag = all.upper_bound(input.text("ExclusiveStartTagKey").value_or(std::string()));
  Tags page;
  for (; tag != all.end() && page.size() < limit; ++tag) page.insert(*tag);
  JsonWriter json;
  json.begin_object().key("Tags");
  write_tags(json, page);
  json.member("HasMoreTags", tag != all.end()).end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "ListTagsForStream", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::list_tags_for_stream
