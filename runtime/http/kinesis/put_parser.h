// Reads ordinary PutRecord and PutRecords bodies without copying the data: the hot path's parser.
//
// It takes what it is sure of and leaves the rest to the long way: a body it refuses may be right all the same, but none
// that it takes is wrong in form. What it takes still needs the checks of put.h.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "api/hash_key.h"
#include "base/interface.h"

namespace shardmill::http::kinesis {

struct PutEntry {
  std::string_view partition_key;  // UTF-8
  std::string_view data;           // base64, perhaps wrong
  std::optional<HashKey> hash_key;
};

struct PutRequest {
  std::string_view stream_name;  // empty: not given
  std::string_view stream_arn;   // empty: not given
  std::vector<PutEntry> entries;
};

// One thread at a time.
class PutParser : public Interface {
 public:
  static std::unique_ptr<PutParser> create();
  // Views in the result live until the next call and as long as the body, behind which 64 bytes must be readable.
  // Null if the long way must look at the body. PutRecords gives 1 to 500 entries.
  virtual const PutRequest* parse_records(std::string_view body) = 0;
  virtual const PutRequest* parse_record(std::string_view body) = 0;
  // Whether it holds more memory than should be kept for the next request.
  [[nodiscard]] virtual bool is_large() const = 0;
};

// Parsers for reuse: their buffers cost more to make than to fill. Any thread.
class PutParserPool {
 public:
  // Gives the parser back when it goes.
  class Loan {
   public:
    explicit Loan(PutParserPool& pool) : pool_(pool), parser_(pool.take()) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.give(std::move(parser_)); }
    PutParser* operator->() { return parser_.get(); }

   private:
    PutParserPool& pool_;
    std::unique_ptr<PutParser> parser_;
  };

 private:
  std::unique_ptr<PutParser> take();
  void give(std::unique_ptr<PutParser> parser);

  std::mutex mutex_;
  std::vector<std::unique_ptr<PutParser>> idle_;  // guarded by mutex_
};

}  // namespace shardmill::http::kinesis
