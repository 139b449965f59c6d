#include "http/kinesis/store_calls.h"

#include <utility>

namespace shardmill::http::kinesis {

Task<Result<StreamRef>> create_stream_in(Api& api, NewStream stream) {
  co_return co_await await_callback<Result<StreamRef>>(
      [&](Callback<Result<StreamRef>> done) { api.catalogue.create(std::move(stream), std::move(done)); });
}

Task<Result<void>> remove_stream_in(Api& api, std::string name) {
  co_return co_await await_callback<Result<void>>(
      [&](Callback<Result<void>> done) { api.catalogue.remove(std::move(name), std::move(done)); });
}

Task<Result<StreamRef>> change_stream_in(Api& api, std::string name, StreamChange change) {
  co_return co_await await_callback<Result<StreamRef>>([&](Callback<Result<StreamRef>> done) {
    api.catalogue.change(std::move(name), std::move(change), std::move(done));
  });
}

Task<Result<StreamRef>> reshard_stream_in(Api& api, std::string name,
                                          std::vector<std::variant<SplitAt, MergeOf>> steps) {
  co_return co_await await_callback<Result<StreamRef>>([&](Callback<Result<StreamRef>> done) {
    api.catalogue.reshard(std::move(name), std::move(steps), std::move(done));
  });
}

Task<Result<ReadResult>> read_from(Api& api, ReadRequest request) {
  if (std::optional<Result<ReadResult>> at_hand = api.reader.try_read(request)) co_return std::move(*at_hand);
  co_return co_await await_callback<Result<ReadResult>>(
      [&](Callback<Result<ReadResult>> done) { api.reader.read(request, std::move(done)); });
}

Task<Result<Position>> find_time_in(Api& api, ShardKey shard, WallTime time) {
  co_return co_await await_callback<Result<Position>>(
      [&](Callback<Result<Position>> done) { api.reader.find(shard, time, std::move(done)); });
}

Task<Result<Committed>> commit_to(Api& api, Transaction& transaction) {
  co_return co_await await_callback<Result<Committed>>(
      [&](Callback<Result<Committed>> done) { api.committer.commit(transaction, std::move(done)); });
}

}  // namespace shardmill::http::kinesis
