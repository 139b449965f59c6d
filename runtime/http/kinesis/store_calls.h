// The store's calls as coroutines, compiled once for all operations. See api/streams.h for what each does.
#pragma once

#include <string>
#include <vector>

#include "api/streams.h"
#include "api/task.h"
#include "http/kinesis/api.h"

namespace shardmill::http::kinesis {

Task<Result<StreamRef>> create_stream_in(Api& api, NewStream stream);
Task<Result<void>> remove_stream_in(Api& api, std::string name);
Task<Result<StreamRef>> change_stream_in(Api& api, std::string name, StreamChange change);
Task<Result<StreamRef>> reshard_stream_in(Api& api, std::string name,
                                          std::vector<std::variant<SplitAt, MergeOf>> steps);
// From memory if it can.
Task<Result<ReadResult>> read_from(Api& api, ReadRequest request);
Task<Result<Position>> find_time_in(Api& api, ShardKey shard, WallTime time);
// `transaction` lives and stays as it is until the answer.
Task<Result<Committed>> commit_to(Api& api, Transaction& transaction);

}  // namespace shardmill::http::kinesis
