// shardmill event kinesis: prints a test event.
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "api/sequence.h"
#include "app/cli.h"
#include "app/kinesis_event.h"
#include "app/stream_api.h"
#include "app/terminal.h"
#include "base/iso_time.h"
#include "base/utf8.h"

namespace shardmill::app {
namespace {

struct EventOptions {
  std::vector<std::string> data;
  std::size_t count = 0;  // 0: as many as there are --data
  std::string partition_key;
  std::string stream = "stream";
  std::string shard = "0";
  std::string time;
  bool compact = false;
};

Result<WallTime> arrival_of(const std::string& text) {
  if (text.empty()) {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
  }
  if (auto ms = parse_iso_time(text)) return WallTime{*ms};
  return fail(Errc::invalid,
              fmt::format("--time \"{}\": wanted a time like 2026-07-14T09:30:00Z", printable(text)));
}

// --data in turn until there are --count records.
std::vector<EventRecord> records_of(const EventOptions& options) {
  std::size_t count = options.count > 0 ? options.count : std::max<std::size_t>(options.data.size(), 1);
  std::vector<EventRecord> records;
  for (std::size_t i = 0; i < count; ++i) {
    std::string number = std::to_string(i + 1);
    records.push_back({.partition_key = options.partition_key.empty() ? number : options.partition_key,
                       .data = options.data.empty() ? "record " + number : options.data[i % options.data.size()]});
  }
  return records;
}

int print_event(const EventOptions& options) {
  Result<std::string> id = shard_id_of(options.shard);
  if (!id) return report(id.error());
  Result<WallTime> arrival = arrival_of(options.time);
  if (!arrival) return report(arrival.error());
  if (!is_utf8(options.partition_key) || !is_utf8(options.stream)) {
    return report({Errc::invalid, "--partition-key and --stream must be UTF-8"});
  }
  EventSpec spec{
      .stream = options.stream, .shard = *parse_shard_id(*id), .arrival = *arrival, .records = records_of(options)};
  fmt::print("{}\n", kinesis_event(spec).dump(options.compact ? -1 : 2));
  return kOk;
}

void add_event_kinesis(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "kinesis", "Print the event of a batch of stream records, as AWS Lambda sees it.",
              {"shardmill event kinesis --data hi > event.json",
               "shardmill event kinesis --data one --data two --partition-key user-7",
               "shardmill event kinesis --count 100"});
  auto options = std::make_shared<EventOptions>();
  command.add_option("--data", options->data, "Data of a record; once for each (\"record 1\", \"record 2\", ...)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command.add_option("--count", options->count, "How many records; --data is repeated in turn")
      ->type_name("N")
      ->check(CLI::Range(1, 10000));
  command.add_option("--partition-key", options->partition_key, "Key of all records (their numbers)")
      ->type_name("KEY");
  command.add_option("--stream", options->stream, "Name of the stream (stream)")->type_name("NAME");
  command.add_option("--shard", options->shard, "The shard: its number or its id (0)")->type_name("SHARD");
  command.add_option("--time", options->time, "When the first record arrived (now)")->type_name("TIME");
  command.add_flag("--compact", options->compact, "Print it on one line");
  cli.on_run(command, [options] { return print_event(*options); });
}

}  // namespace

void add_event(Cli& cli) {
  CLI::App& group = cli.add_group("event", "Make test events.", {"shardmill event kinesis --data hi"});
  add_event_kinesis(cli, group);
}

}  // namespace shardmill::app
