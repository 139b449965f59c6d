// How the stream commands print records.
#pragma once

#include <string>
#include <string_view>

#include "app/shard_reader.h"

namespace shardmill::app {

enum class RecordFormat {
  readable,  // arrival, shard number, key and data in columns; control characters escaped
  json,      // a JSON object a line; `stream put --records` takes them back
  raw,       // only the data, as it is, and a newline
};

// {"shardId", "sequenceNumber", "partitionKey", "arrivalMs", "data"}, with "dataBase64" in place of "data" if the
// bytes are not UTF-8.
[[nodiscard]] std::string record_json(const StreamRecord& record);

// Widens its columns as it meets wider values. One thread.
class RecordPrinter {
 public:
  explicit RecordPrinter(RecordFormat format) : format_(format) {}
  // To stdout. False when stdout takes no more.
  bool print(const StreamRecord& record);

 private:
  [[nodiscard]] std::string readable(const StreamRecord& record);

  RecordFormat format_;
  std::size_t shard_width_ = 1;
  std::size_t key_width_ = 1;
};

}  // namespace shardmill::app
