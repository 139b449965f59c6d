// shardmill stream put.
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "app/cmd_stream.h"
#include "app/files.h"
#include "app/put/progress.h"
#include "app/put/session.h"
#include "app/put/source.h"
#include "app/stream_api.h"
#include "app/terminal.h"

namespace shardmill::app {
namespace {

namespace asio = boost::asio;

struct PutOptions : StreamOptions {
  std::string file = "-";
  RecordRules rules;
  std::string template_file;
  double rate = 0;          // 0: none
  std::uint64_t count = 0;  // 0: none
  std::string duration;
  std::optional<std::uint64_t> seed;
  bool json = false;
  bool quiet = false;
};

Result<std::chrono::milliseconds> parse_duration(const std::string& text) {
  double count = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  std::string_view unit(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  double scale = unit == "ms"                  ? 1
                 : unit == "s" || unit.empty() ? 1000
                 : unit == "m"                 ? 60e3
                 : unit == "h"                 ? 3600e3
                                               : 0;
  constexpr double kLongest = 365 * 24 * 3600e3;
  if (error != std::errc() || scale == 0 || !(count > 0) || count * scale > kLongest) {
    return fail(Errc::invalid,
                fmt::format("--duration \"{}\": wanted a time like 500ms, 30s, 5m or 1h", printable(text)));
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(count * scale));
}

// What one run of the command holds.
struct Input {
  OwnedFile file;  // open while a line source reads it
  std::unique_ptr<RecordSource> source;
};

Result<Input> template_input(const PutOptions& options) {
  if (options.rate == 0 && options.count == 0 && options.duration.empty()) {
    return fail(Errc::invalid, "--template needs --rate, --count or --duration: else it would fill the disk");
  }
  Result<std::string> text = read_whole_file(options.template_file, 1 << 20);
  if (!text) return std::unexpected(text.error());
  Result<RecordTemplate> parsed = RecordTemplate::parse(*text);
  if (!parsed) return fail(Errc::invalid, fmt::format("{}: {}", options.template_file, parsed.error().text));
  TemplateLimits limits;
  if (options.count > 0) limits.count = options.count;
  if (!options.duration.empty()) {
    Result<std::chrono::milliseconds> duration = parse_duration(options.duration);
    if (!duration) return std::unexpected(duration.error());
    limits.duration = *duration;
  }
  std::uint64_t seed = options.seed ? *options.seed : std::random_device()();
  return Input{OwnedFile(), template_source(std::move(*parsed), options.rules, limits, seed)};
}

Result<Input> line_input(asio::io_context& context, const PutOptions& options) {
  if (options.count > 0 || !options.duration.empty() || options.seed) {
    return fail(Errc::invalid, "--count, --duration and --seed go with --template");
  }
  if (options.file == "-") return Input{OwnedFile(), line_source(context, STDIN_FILENO, options.rules)};
  Result<OwnedFile> file = OwnedFile::open(options.file);
  if (!file) return std::unexpected(file.error());
  int descriptor = file->descriptor();
  return Input{std::move(*file), line_source(context, descriptor, options.rules)};
}

// Draws the progress line on stderr while the session runs.
class ProgressLine {
 public:
  ProgressLine(asio::io_context& context, const PutSession& session, const RecordSource& source)
      : timer_(context), session_(session), source_(source) {}

  Task<void> run() {
    for (;;) {
      timer_.expires_after(kInterval);
      auto [cancelled] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (cancelled) co_return;
      auto elapsed =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
      fmt::print(
          stderr, "\r\x1b[K{}",
          progress_line(session_.counts(), elapsed, source_.fraction(), terminal_columns(STDERR_FILENO) - 1));
      std::fflush(stderr);
      drawn_ = true;
    }
  }
  // Ends run() and wipes the line.
  void end() {
    timer_.cancel();
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  static constexpr std::chrono::milliseconds kInterval{100};
  asio::steady_timer timer_;
  const PutSession& session_;
  const RecordSource& source_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  bool drawn_ = false;
};

void print_summary(const PutOptions& options, const PutCounts& counts, double seconds) {
  if (options.json) {
    nlohmann::ordered_json summary{
        {"records", counts.records}, {"bytes", counts.bytes}, {"sentAgain", counts.retried}, {"seconds", seconds}};
    fmt::print("{}\n", summary.dump());
    return;
  }
  if (options.quiet) return;
  auto rate = static_cast<std::uint64_t>(static_cast<double>(counts.records) / std::max(seconds, 0.001));
  fmt::print("put {} record{} ({}) into {} in {}, {}/s", grouped(counts.records), counts.records == 1 ? "" : "s",
             human_bytes(counts.bytes), options.stream, human_duration(static_cast<std::int64_t>(seconds * 1000)),
             grouped(rate));
  if (counts.retried > 0) fmt::print("; {} were sent more than once", grouped(counts.retried));
  fmt::print("\n");
}

// Runs the session to its end. The signal that ended it early, or 0.
Result<int> run_session(asio::io_context& context, PutSession& session, const RecordSource& source,
                        const Endpoint& endpoint, bool draw) {
  int signal = 0;
  Result<void> outcome;
  ProgressLine progress(context, session, source);
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code cancelled, int number) {
    if (cancelled) return;
    signal = number;
    session.stop();
    signals.clear();  // a second Ctrl-C ends the process at once
  });
  if (draw) asio::co_spawn(context, progress.run(), asio::detached);
  asio::co_spawn(context, session.run(endpoint), [&](const std::exception_ptr& defect, Result<void> result) {
    outcome = defect ? fail(Errc::internal, "the session ended in an exception") : std::move(result);
    progress.end();
    signals.cancel();
  });
  context.run();
  if (!outcome) return std::unexpected(outcome.error());
  return signal;
}

int put(const PutOptions& options) {
  asio::io_context context(1);
  Result<Input> input = options.template_file.empty() ? line_input(context, options) : template_input(options);
  if (!input) return report(input.error());
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  if (Result<StreamSummary> stream = describe_stream(*client, options.stream); !stream)
    return report(stream.error());

  PutSession session(context, options.stream, *input->source,
                     options.rate > 0 ? std::optional(options.rate) : std::nullopt);
  auto started = std::chrono::steady_clock::now();
  bool draw = is_terminal(STDERR_FILENO) && !options.quiet && !options.json;
  Result<int> signal = run_session(context, session, *input->source, client->endpoint(), draw);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  print_summary(options, session.counts(), seconds);
  if (!signal) return report(signal.error());
  return *signal == 0 ? kOk : 128 + *signal;
}

}  // namespace

void add_stream_put(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "put", "Put records: the lines of a file or of stdin, or records made from a template.",
              {"seq 1000 | shardmill stream put plays", "shardmill stream put plays clicks.jsonl --key-field user",
               "shardmill stream put plays --template sensor.json --key-field sensorId --rate 500",
               "shardmill stream get plays --json | shardmill stream put copy --records"});
  auto options = std::make_shared<PutOptions>();
  add_stream_options(command, *options);
  CLI::Option* file = command.add_option("FILE", options->file, "File to read; - for stdin (-)");
  CLI::Option* key =
      command.add_option("--partition-key", options->rules.partition_key, "Key of all records")->type_name("KEY");
  CLI::Option* field = command
                           .add_option("--key-field", options->rules.key_field,
                                       "JSON field of the record that holds its key, like user.id")
                           ->type_name("FIELD")
                           ->excludes(key);
  command.add_flag("--records", options->rules.as_records, "Lines are records as `stream get --json` prints them")
      ->excludes(key)
      ->excludes(field);
  command.add_option("--template", options->template_file, "Make records from this template; see docs/cli.md")
      ->type_name("FILE")
      ->excludes(file);
  command.add_option("--rate", options->rate, "Records a second (as fast as possible)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command.add_option("--count", options->count, "How many records to make")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command.add_option("--duration", options->duration, "How long to make records: 30s, 5m, 1h")->type_name("TIME");
  command.add_option("--seed", options->seed, "Make the same records for the same seed, times aside")
      ->type_name("N");
  command.add_flag("--json", options->json, "Print the summary as JSON");
  command.add_flag("-q,--quiet", options->quiet, "Print neither progress nor summary");
  cli.on_run(command, [options] { return put(*options); });
}

}  // namespace shardmill::app
