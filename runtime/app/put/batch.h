// One PutRecords request in the making, and what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/put/record.h"

namespace shardmill::app {

// At most 500 records, and little enough of them to fit a request with room to spare.
class PutBatch {
 public:
  static constexpr std::size_t kMostRecords = 500;

  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] std::size_t count() const { return records_.size(); }
  // Keys and data.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool has_room_for(const PutRecord& record) const;
  void add(PutRecord record);

  // The request's JSON.
  [[nodiscard]] std::string body(std::string_view stream) const;

  // Keeps the records whose place in `failed` is true.
  void keep(const std::vector<bool>& failed);

  std::uint32_t tries = 0;  // how often it was sent

 private:
  std::vector<PutRecord> records_;
  std::size_t bytes_ = 0;
};

// What the server said to one request.
struct PutVerdict {
  std::vector<bool> failed;  // by record; empty: all were taken
  std::string reason;        // of the first failure
};

// An answer with status 200. Fails if it is not the answer to `count` records.
Result<PutVerdict> read_put_answer(std::string_view body, std::size_t count);

// True if the same request may succeed later: the shard or the server had too much to do.
[[nodiscard]] bool may_retry(unsigned status, std::string_view body);

}  // namespace shardmill::app
