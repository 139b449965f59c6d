// From a line of input to a record to put.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace shardmill::app {

struct PutRecord {
  std::string partition_key;
  std::string data;
};

// How a record gets its partition key and its data.
struct RecordRules {
  std::string partition_key{};  // of all records; empty: see below
  std::string key_field{};  // JSON field of the record that holds its key, "user.id" for nested ones; empty: none
  bool as_records = false;  // a line is a JSON object {"partitionKey", "data" or "dataBase64"}
};

// The record of one line, or of one filled template. Without any rule the key is the record's number, which spreads
// records over all shards. invalid if the line does not fit the rules, or key or data are over Kinesis's limits.
Result<PutRecord> make_record(std::string line, std::uint64_t number, const RecordRules& rules);

// Data and key of one record, together, in bytes: what a stream takes unless it is set to more.
inline constexpr std::size_t kMostRecordBytes = 1 << 20;

// Cuts input into lines, piece by piece. "\n" and "\r\n" end a line; empty lines are skipped; the last one may lack
// its end. One thread.
class LineSplitter {
 public:
  // Adds what was read.
  void add(std::string_view piece) { held_.append(piece); }
  // No more will be added: what is left is a line.
  void end() { ended_ = true; }
  // The next line, with its number in the input; nothing until more is added.
  struct Line {
    std::uint64_t number = 0;
    std::string text;
  };
  std::optional<Line> next();
  // Bytes of a line whose end was not seen yet.
  [[nodiscard]] std::size_t pending() const { return held_.size() - start_; }

 private:
  std::string held_;
  std::size_t start_ = 0;     // of the first line not taken
  std::size_t searched_ = 0;  // no line end before this place
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

}  // namespace shardmill::app
