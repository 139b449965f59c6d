// Short words of the dispatch tests.
#pragma once

#include <string>
#include <vector>

#include "support/dispatch_fixture.h"

namespace shardmill::test {

inline constexpr ShardNumber kShard0{0};
inline constexpr ShardNumber kShard1{1};
inline constexpr ShardNumber kShard2{2};

inline StreamTrigger on(const std::string& stream, std::uint32_t batch_size = 100,
                        std::chrono::seconds window = std::chrono::seconds(0)) {
  StreamTrigger trigger;
  trigger.stream = stream;
  trigger.batch_size = batch_size;
  trigger.batching_window = window;
  return trigger;
}

// The data of all records of the calls, in the order of the calls.
inline std::vector<std::string> data_of(const std::vector<Call>& calls) {
  std::vector<std::string> data;
  for (const Call& call : calls) {
    for (const TestRecord& record : call.records) data.push_back(record.data);
  }
  return data;
}

inline std::vector<TestRecord> numbered(int first, int count) {
  std::vector<TestRecord> records;
  for (int i = first; i < first + count; ++i) records.push_back({"k" + std::to_string(i), std::to_string(i)});
  return records;
}

}  // namespace shardmill::test
