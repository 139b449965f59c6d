#include "http/kinesis/find.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis::delete_stream {
namespace {

constexpr Member kShape[] = {
    {.name = "EnforceConsumerDeletion", .type = Type::boolean},
    stream_name(),
    stream_arn(),
};

Task<Answer> act(Api& api, Input input) {
  Outcome<StreamRef> stream = stream_in(api, input);
  if (!stream) co_return std::unexpected(stream.error());
  const std::string& name = (*stream)->name;
  auto removed = co_await remove_stream_in(api, name);
  if (removed) co_return std::string();
  if (removed.error().code == Errc::not_found) co_return stream_missing(api, name);
  co_return store_error(removed.error());
}

}  // namespace

const Operation kOperation{.name = "DeleteStream", .shape = kShape, .act = act};

}  // namespace shardmill::http::kinesis::delete_stream
