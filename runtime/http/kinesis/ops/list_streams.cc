#include "http/kinesis/cursor.h"
#include "http/kinesis/describe.h"
#include "http/kinesis/operations.h"

namespace shardmill::http::kinesis::list_streams {
namespace {

constexpr std::size_t kDefaultLimit = 100;

constexpr Member kShape[] = {
    integer("Limit", {1, 10000}),
    stream_name("ExclusiveStartStreamName"),
    next_token(),
};

// The name after which the list starts.
Outcome<std::string> start_of(const Api& api, const Input& input) {
  std::optional<std::string> token = input.text("NextToken");
  if (!token) return input.text("ExclusiveStartStreamName").value_or(std::string());
  std::optional<StreamPage> page = open_stream_page(api.seal, *token);
  if (!page) return error(ErrorType::invalid_argument, "Invalid NextToken.");
  if (api.clock.now().ms - page->created.ms > kTokenLifeMs) {
    return error(ErrorType::expired_next_token, "The NextToken has expired.");
  }
  return page->after;
}

Task<Answer> act(Api& api, Input input) {
  Outcome<std::string> start = start_of(api, input);
  if (!start) co_return std::unexpected(start.error());
  std::vector<StreamRef> streams = api.catalogue.list();
  std::erase_if(streams, [&](const StreamRef& stream) { return stream->name <= *start; });
  auto limit = static_cast<std::size_t>(input.integer("Limit").value_or(kDefaultLimit));
  bool more = streams.size() > limit;
  if (more) streams.resize(limit);

  JsonWriter json;
  json.begin_object().key("StreamNames").begin_array();
  for (const StreamRef& stream : streams) json.value(stream->name);
  json.end_array().member("HasMoreStreams", more);
  if (more) json.member("NextToken", seal(api.seal, StreamPage{api.clock.now(), streams.back()->name}));
  json.key("StreamSummaries").begin_array();
  for (const StreamRef& stream : streams) {
    json.begin_object();
    write_identity(json, api, *stream);
    json.end_object();
  }
  json.end_array().end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "ListStreams", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::list_streams
