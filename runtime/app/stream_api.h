// The Kinesis operations that the stream commands use, with their answers as types. Everything blocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/ids.h"
#include "app/client.h"

namespace shardmill::app {

struct StreamSummary {
  std::string name;
  std::string arn;
  std::string status;  // "ACTIVE", ...
  std::string mode;    // "PROVISIONED" or "ON_DEMAND"
  std::uint64_t open_shards = 0;
  std::uint64_t retention_hours = 0;
  WallTime created;
};

struct ShardSummary {
  std::string id;
  std::string first_hash;  // decimal, both ends belong to the shard
  std::string last_hash;
  std::string parent;           // empty: none
  std::string adjacent_parent;  // of a merge; empty: none
  std::string first_sequence;
  std::string last_sequence;  // empty: the shard is open

  [[nodiscard]] bool is_open() const { return last_sequence.empty(); }
};

// A missing stream is not_found, with the nearest name there is.
Result<StreamSummary> describe_stream(Client& client, const std::string& name);
// All shards that still hold records, by number.
Result<std::vector<ShardSummary>> list_shards(Client& client, const std::string& stream);
Result<std::vector<std::string>> list_streams(Client& client);

// Calls an operation on one stream; a not_found gets the nearest stream's name.
Result<nlohmann::json> stream_call(Client& client, std::string_view operation, const std::string& stream,
                                   nlohmann::json input);

// Waits until the stream is ACTIVE; gives up after half a minute.
Result<StreamSummary> wait_until_active(Client& client, const std::string& stream);

// "shardId-000000000003" for itself and for "3"; anything else is invalid.
Result<std::string> shard_id_of(std::string_view text);

// The answer's part that `read` takes out of it; an answer of another shape is an error that names the operation.
template <class Read>
auto read_answer(std::string_view operation, const nlohmann::json& answer, Read read)
    -> Result<decltype(read(answer))> {
  try {
    return read(answer);
  } catch (const nlohmann::json::exception& error) {
    return fail(Errc::internal, std::string(operation) + ": the answer has an unexpected shape: " + error.what());
  }
}

// A time as Kinesis's JSON gives it: seconds since 1970 with a fraction.
[[nodiscard]] WallTime time_of(const nlohmann::json& seconds);

}  // namespace shardmill::app
