#include "http/kinesis/describe.h"
#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"

namespace shardmill::http::kinesis::describe_stream_summary {
namespace {

constexpr Member kShape[] = {stream_name(), stream_arn()};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  JsonWriter json;
  json.begin_object().key("StreamDescriptionSummary").begin_object();
  write_identity(json, api, **stream);
  write_configuration(json, **stream);
  json.member("OpenShardCount", static_cast<std::int64_t>((*stream)->open_by_hash.size()));
  json.member("ConsumerCount", std::int64_t{0}).end_object().end_object();
  co_return json.take();
}

}  // namespace

const Operation kOperation{.name = "DescribeStreamSummary", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::describe_stream_summary
