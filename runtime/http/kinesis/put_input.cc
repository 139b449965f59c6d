#include "http/kinesis/put_input.h"

#include <fmt/format.h>

namespace shardmill::http::kinesis {

Outcome<PutEntry> put_entry(const Input& record) {
  PutEntry entry{record.view("PartitionKey"), record.view("Data"), std::nullopt};
  std::optional<std::string> hash_key = record.text("ExplicitHashKey");
  if (!hash_key) return entry;
  entry.hash_key = parse_hash_key(*hash_key);
  if (entry.hash_key) return entry;
  return error(ErrorType::invalid_argument,
               fmt::format("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: "
                           "[0, 2^128-1]. Specified value was {}",
                           *hash_key));
}

}  // namespace shardmill::http::kinesis
