#include "app/record_text.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "api/sequence.h"
#include "app/terminal.h"
#include "base/base64.h"
#include "base/utf8.h"

namespace shardmill::app {
namespace {

constexpr std::size_t kWidestKey = 40;    // wider keys push their own line only
constexpr std::size_t kShownBinary = 32;  // bytes

std::string data_text(std::string_view data) {
  if (is_utf8(data)) return printable(data);
  std::string text = fmt::format("<{} bytes:", grouped(data.size()));
  for (char byte : data.substr(0, kShownBinary)) text += fmt::format(" {:02x}", static_cast<unsigned char>(byte));
  return text + (data.size() > kShownBinary ? " ...>" : ">");
}

std::string padding(std::string_view text, std::size_t width) {
  std::size_t taken = display_width(text);
  return std::string(taken < width ? width - taken : 0, ' ');
}

}  // namespace

std::string record_json(const StreamRecord& record) {
  nlohmann::ordered_json line{{"shardId", record.shard},
                              {"sequenceNumber", record.sequence},
                              {"partitionKey", record.partition_key},
                              {"arrivalMs", record.arrival.ms}};
  if (is_utf8(record.data))
    line["data"] = record.data;
  else
    line["dataBase64"] = base64_encode(as_bytes(record.data));
  return line.dump();
}

std::string RecordPrinter::readable(const StreamRecord& record) {
  auto number = parse_shard_id(record.shard);
  std::string shard = number ? std::to_string(static_cast<std::uint32_t>(*number)) : printable(record.shard);
  std::string key = printable(record.partition_key);
  shard_width_ = std::max(shard_width_, shard.size());
  key_width_ = std::max(key_width_, std::min(display_width(key), kWidestKey));
  bool coloured = use_colour();
  return fmt::format("{}  {}{}  {}{}  {}", paint(local_time(record.arrival), Tone::faint, coloured),
                     padding(shard, shard_width_), shard, paint(key, Tone::strong, coloured),
                     padding(key, key_width_), data_text(record.data));
}

bool RecordPrinter::print(const StreamRecord& record) {
  std::string line;
  switch (format_) {
    case RecordFormat::readable:
      line = readable(record);
      break;
    case RecordFormat::json:
      line = record_json(record);
      break;
    case RecordFormat::raw:
      line = record.data;
      break;
  }
  line += '\n';
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
}

}  // namespace shardmill::app
