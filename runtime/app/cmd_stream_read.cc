// shardmill stream get, tail.
#include <chrono>
#include <cstdio>
#include <deque>
#include <thread>

#include <fmt/format.h>

#include "app/cmd_stream.h"
#include "app/record_text.h"
#include "app/shard_order.h"
#include "app/shard_reader.h"

namespace shardmill::app {
namespace {

struct ReadOptions : StreamOptions {
  std::string shard;
  std::string from;
  std::uint64_t limit = 0;  // 0: none
  bool json = false;
  bool raw = false;

  [[nodiscard]] RecordFormat format() const {
    return json ? RecordFormat::json : raw ? RecordFormat::raw : RecordFormat::readable;
  }
};

WallTime now() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

// Prints what the shards hold until the limit is reached.
class Printing {
 public:
  explicit Printing(const ReadOptions& options) : printer_(options.format()), limit_(options.limit) {}

  // True if no more are wanted: the limit is reached, or nobody reads our output any more.
  bool print(const std::vector<StreamRecord>& records) {
    for (const StreamRecord& record : records) {
      if (full()) return true;
      writable_ = printer_.print(record);
      if (!writable_) return true;
      ++printed_;
    }
    return full();
  }
  // What is printed must be seen now, not when a buffer is full.
  bool flush() { return writable_ = writable_ && std::fflush(stdout) == 0; }
  [[nodiscard]] bool full() const { return limit_ != 0 && printed_ >= limit_; }
  // How many one request should ask for.
  [[nodiscard]] std::uint32_t page() const {
    constexpr std::uint64_t kMost = 10000;
    return static_cast<std::uint32_t>(limit_ == 0 ? kMost : std::min(kMost, limit_ - printed_));
  }

 private:
  RecordPrinter printer_;
  std::uint64_t limit_;
  std::uint64_t printed_ = 0;
  bool writable_ = true;
};

// The stream's shards, or the one of --shard.
Result<std::vector<ShardSummary>> shards_to_read(Client& client, const ReadOptions& options) {
  Result<std::vector<ShardSummary>> shards = list_shards(client, options.stream);
  if (!shards || options.shard.empty()) return shards;
  Result<std::string> id = shard_id_of(options.shard);
  if (!id) return std::unexpected(id.error());
  std::erase_if(*shards, [&](const ShardSummary& shard) { return shard.id != *id; });
  if (shards->empty()) return fail(Errc::not_found, fmt::format("stream \"{}\" has no {}", options.stream, *id));
  return shards;
}

// Everything that one shard holds now. True when no more records are wanted.
Result<bool> print_shard(Client& client, const ReadOptions& options, const std::string& shard, const ReadFrom& from,
                         Printing& printing) {
  Result<ShardReader> reader = ShardReader::open(client, options.stream, shard, from);
  if (!reader) return std::unexpected(reader.error());
  for (;;) {
    Result<ShardReader::Page> page = reader->next(client, printing.page());
    if (!page) return std::unexpected(page.error());
    if (printing.print(page->records)) return true;
    if (page->ended || page->behind_ms == 0) return false;
  }
}

int get(const ReadOptions& options) {
  Result<ReadFrom> from = parse_read_from(options.from, now());
  if (!from) return report(from.error());
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<std::vector<ShardSummary>> shards = shards_to_read(*client, options);
  if (!shards) return report(shards.error());
  if (from->kind == ReadFrom::Kind::sequence && shards->size() != 1) {
    return report({Errc::invalid, "a sequence number names a place in one shard; add --shard"});
  }
  Printing printing(options);
  for (const ShardSummary& shard : *shards) {  // by number: parents come before their children
    Result<bool> enough = print_shard(*client, options, shard.id, *from, printing);
    if (!enough) return report(enough.error());
    if (*enough) break;
  }
  return kOk;
}

// Follows the shards of a stream, and their children when they are split or merged.
class Tail {
 public:
  Tail(Client& client, const ReadOptions& options) : client_(client), options_(options), printing_(options) {}

  Result<void> run(const ReadFrom& from) {
    Result<std::vector<ShardSummary>> shards = shards_to_read(client_, options_);
    if (!shards) return std::unexpected(shards.error());
    order_.add(*shards);
    if (from.kind == ReadFrom::Kind::newest) {
      for (const ShardSummary& shard : *shards) {
        if (!shard.is_open()) order_.finish(shard.id);
      }
    }
    // The shards that are there now start at `from`, those that come later at their beginning.
    for (const ShardSummary& shard : *shards) first_from_.emplace(shard.id, from);
    for (;;) {
      if (Result<void> started = start_shards(); !started) return started;
      if (readers_.empty()) return {};  // a single shard that was asked for has ended
      Result<bool> quiet = read_all();
      if (!quiet) return std::unexpected(quiet.error());
      if (printing_.full() || !printing_.flush()) return {};
      pause_ = *quiet ? std::min(pause_ + kShortestPause, kLongestPause) : std::chrono::milliseconds(0);
      std::this_thread::sleep_for(pause_);
    }
  }

 private:
  static constexpr std::chrono::milliseconds kShortestPause{50};
  static constexpr std::chrono::milliseconds kLongestPause{250};

  Result<void> start_shards() {
    for (const std::string& id : order_.take_startable()) {
      auto at = first_from_.find(id);
      Result<ShardReader> reader =
          ShardReader::open(client_, options_.stream, id, at == first_from_.end() ? ReadFrom{} : at->second);
      if (!reader) return std::unexpected(reader.error());
      readers_.push_back(std::move(*reader));
    }
    return {};
  }

  // A page of every shard. True if all were empty.
  Result<bool> read_all() {
    bool quiet = true;
    for (std::size_t i = 0; i < readers_.size();) {
      Result<ShardReader::Page> page = readers_[i].next(client_, printing_.page());
      if (!page) return std::unexpected(page.error());
      quiet = quiet && page->records.empty() && !page->ended;
      if (printing_.print(page->records)) return false;
      if (!page->ended) {
        ++i;
        continue;
      }
      if (Result<void> done = end_of(i); !done) return std::unexpected(done.error());
    }
    return quiet;
  }

  Result<void> end_of(std::size_t reader) {
    order_.finish(readers_[reader].shard());
    readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(reader));
    if (!options_.shard.empty()) return {};
    Result<std::vector<ShardSummary>> shards = list_shards(client_, options_.stream);
    if (!shards) return std::unexpected(shards.error());
    order_.add(*shards);
    return {};
  }

  Client& client_;
  const ReadOptions& options_;
  Printing printing_;
  ShardOrder order_;
  std::map<std::string, ReadFrom> first_from_;
  std::vector<ShardReader> readers_;
  std::chrono::milliseconds pause_{0};
};

int tail(const ReadOptions& options) {
  Result<ReadFrom> from = parse_read_from(options.from, now());
  if (!from) return report(from.error());
  if (from->kind == ReadFrom::Kind::sequence && options.shard.empty()) {
    return report({Errc::invalid, "a sequence number names a place in one shard; add --shard"});
  }
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<void> done = Tail(*client, options).run(*from);
  return done ? kOk : report(done.error());
}

void add_read_options(CLI::App& command, ReadOptions& options) {
  add_stream_options(command, options);
  command.add_option("--shard", options.shard, "Only this shard: its number or its id")->type_name("SHARD");
  command
      .add_option(
          "--from", options.from,
          fmt::format("Where to start: start, now, an age (90s, 15m, 2h, 1d), a time or a sequence number ({})",
                      options.from))
      ->type_name("PLACE");
  command.add_option("--limit", options.limit, "Stop after this many records")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  CLI::Option* json = command.add_flag("--json", options.json, "Print JSON, a record a line");
  command.add_flag("--raw", options.raw, "Print only the data")->excludes(json);
}

}  // namespace

void add_stream_get(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "get", "Print the records that a stream holds now, shard after shard.",
              {"shardmill stream get plays", "shardmill stream get plays --from 15m --shard 3 --limit 20",
               "shardmill stream get plays --raw | head"});
  auto options = std::make_shared<ReadOptions>();
  options->from = "start";
  add_read_options(command, *options);
  cli.on_run(command, [options] { return get(*options); });
}

void add_stream_tail(Cli& cli, CLI::App& group) {
  CLI::App& command = cli.add(
      group, "tail", "Print records as they come, from all shards, through splits and merges, until Ctrl-C.",
      {"shardmill stream tail plays", "shardmill stream tail plays --from start --json"});
  auto options = std::make_shared<ReadOptions>();
  options->from = "now";
  add_read_options(command, *options);
  cli.on_run(command, [options] { return tail(*options); });
}

}  // namespace shardmill::app
