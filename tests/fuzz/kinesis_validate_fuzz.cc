// The validator and the iterators: any JSON against every operation's shape, any text as a token.
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "http/kinesis/cursor.h"
#include "http/kinesis/json_writer.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/validate.h"

using namespace shardmill::http::kinesis;  // NOLINT: test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  TokenSeal seal{TokenKey{}};
  if (open_shard_cursor(seal, text) || open_shard_page(seal, text) || open_stream_page(seal, text)) std::abort();

  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return 0;
  for (const Operation* operation : kOperations) {
    auto problem = validate(json, operation->shape);
    if (!problem) continue;
    // What is answered must be JSON itself.
    std::string answer;
    append_json_string(answer, problem->message);
    if (!nlohmann::json::accept(answer)) std::abort();
  }
  return 0;
}
