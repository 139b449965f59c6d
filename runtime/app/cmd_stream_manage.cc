// shardmill stream create, delete, list, describe.
#include <fmt/format.h>

#include "api/hash_key.h"
#include "app/cmd_stream.h"
#include "app/stream_api.h"
#include "app/table.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

struct CreateOptions : StreamOptions {
  std::uint32_t shards = 1;
  bool if_missing = false;
};

int create(const CreateOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  json input{{"StreamName", options.stream}, {"ShardCount", options.shards}};
  if (Result<json> answer = client->kinesis("CreateStream", input); !answer) {
    if (!options.if_missing || answer.error().code != Errc::in_use) return report(answer.error());
    fmt::print("stream {} is there already\n", options.stream);
    return kOk;
  }
  Result<StreamSummary> summary = wait_until_active(*client, options.stream);
  if (!summary) return report(summary.error());
  fmt::print("created stream {} with {} shard{}\n", summary->name, summary->open_shards,
             summary->open_shards == 1 ? "" : "s");
  return kOk;
}

int remove(const StreamOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<json> answer = stream_call(*client, "DeleteStream", options.stream, json::object());
  if (!answer) return report(answer.error());
  fmt::print("deleted stream {}\n", options.stream);
  return kOk;
}

json to_json(const StreamSummary& summary) {
  return {{"name", summary.name},
          {"arn", summary.arn},
          {"status", summary.status},
          {"mode", summary.mode},
          {"openShards", summary.open_shards},
          {"retentionHours", summary.retention_hours},
          {"createdMs", summary.created.ms}};
}

json to_json(const ShardSummary& shard) {
  json row{{"id", shard.id},
           {"open", shard.is_open()},
           {"startingHashKey", shard.first_hash},
           {"endingHashKey", shard.last_hash},
           {"startingSequenceNumber", shard.first_sequence}};
  if (!shard.is_open()) row["endingSequenceNumber"] = shard.last_sequence;
  if (!shard.parent.empty()) row["parent"] = shard.parent;
  if (!shard.adjacent_parent.empty()) row["adjacentParent"] = shard.adjacent_parent;
  return row;
}

Cell status_cell(const std::string& status) {
  return {status, status == "ACTIVE" ? Tone::good : Tone::warn};
}

struct ListOptions {
  std::string endpoint;
  bool names = false;
  bool json = false;
};

int print_summaries(const std::vector<StreamSummary>& summaries, bool as_json) {
  if (as_json) {
    json list = json::array();
    for (const StreamSummary& summary : summaries) list.push_back(to_json(summary));
    fmt::print("{}\n", list.dump(2));
    return kOk;
  }
  Table table({{"STREAM"}, {"STATUS"}, {"SHARDS", true}, {"RETENTION", true}, {"CREATED"}});
  for (const StreamSummary& summary : summaries) {
    table.add({summary.name, status_cell(summary.status), grouped(summary.open_shards),
               fmt::format("{} h", summary.retention_hours), local_time(summary.created)});
  }
  table.print();
  return kOk;
}

int list(const ListOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<std::vector<std::string>> names = list_streams(*client);
  if (!names) return report(names.error());
  if (options.names) {
    for (const std::string& name : *names) fmt::print("{}\n", name);
    return kOk;
  }
  if (names->empty() && !options.json) {
    fmt::print("no streams yet; make one with `shardmill stream create NAME`\n");
    return kOk;
  }
  std::vector<StreamSummary> summaries;
  for (const std::string& name : *names) {
    Result<StreamSummary> summary = describe_stream(*client, name);
    if (summary)
      summaries.push_back(std::move(*summary));
    else if (summary.error().code != Errc::not_found)
      return report(summary.error());  // deleted meanwhile: left out
  }
  return print_summaries(summaries, options.json);
}

// How much of the key space the shard owns.
std::string share_of(const ShardSummary& shard) {
  auto first = parse_hash_key(shard.first_hash);
  auto last = parse_hash_key(shard.last_hash);
  if (!first || !last) return "?";
  double share = static_cast<double>(*last - *first) / static_cast<double>(kMaxHashKey);
  return fmt::format("{:.2f} %", share * 100);
}

std::string parents_of(const ShardSummary& shard) {
  return shard.adjacent_parent.empty() ? shard.parent : shard.parent + " + " + shard.adjacent_parent;
}

struct DescribeOptions : StreamOptions {
  bool json = false;
};

void print_description(const StreamSummary& summary, const std::vector<ShardSummary>& shards) {
  fmt::print("{}  {}\n", paint(summary.name, Tone::strong, use_colour()), summary.status);
  fmt::print("  ARN        {}\n", summary.arn);
  fmt::print("  mode       {}\n", summary.mode == "ON_DEMAND" ? "on demand" : "provisioned");
  fmt::print("  retention  {} h\n", summary.retention_hours);
  fmt::print("  created    {}\n", local_time(summary.created));
  fmt::print("  shards     {} open, {} in all\n\n", grouped(summary.open_shards), grouped(shards.size()));
  Table table({{"SHARD"}, {"STATE"}, {"KEY SPACE", true}, {"FIRST HASH KEY", true}, {"PARENTS"}});
  for (const ShardSummary& shard : shards) {
    table.add({shard.id, shard.is_open() ? Cell("open", Tone::good) : Cell("closed", Tone::faint), share_of(shard),
               shard.first_hash, parents_of(shard)});
  }
  table.print();
}

int describe(const DescribeOptions& options) {
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<StreamSummary> summary = describe_stream(*client, options.stream);
  if (!summary) return report(summary.error());
  Result<std::vector<ShardSummary>> shards = list_shards(*client, options.stream);
  if (!shards) return report(shards.error());
  if (!options.json) {
    print_description(*summary, *shards);
    return kOk;
  }
  json text = to_json(*summary);
  text["shards"] = json::array();
  for (const ShardSummary& shard : *shards) text["shards"].push_back(to_json(shard));
  fmt::print("{}\n", text.dump(2));
  return kOk;
}

}  // namespace

void add_stream_create(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "create", "Create a stream and wait until it can be used.",
              {"shardmill stream create plays", "shardmill stream create plays --shards 8 --if-missing"});
  auto options = std::make_shared<CreateOptions>();
  add_stream_options(command, *options);
  command.add_option("--shards", options->shards, "How many shards (1)")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  command.add_flag("--if-missing", options->if_missing, "Be content if the stream exists, whatever its shards");
  cli.on_run(command, [options] { return create(*options); });
}

void add_stream_delete(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "delete", "Delete a stream and all its records.", {"shardmill stream delete plays"});
  auto options = std::make_shared<StreamOptions>();
  add_stream_options(command, *options);
  cli.on_run(command, [options] { return remove(*options); });
}

void add_stream_list(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "list", "List the streams.", {"shardmill stream list", "shardmill stream list --json"});
  auto options = std::make_shared<ListOptions>();
  add_endpoint_option(command, options->endpoint);
  command.add_flag("--names", options->names, "Print only the names, one a line");
  command.add_flag("--json", options->json, "Print JSON");
  cli.on_run(command, [options] { return list(*options); });
}

void add_stream_describe(Cli& cli, CLI::App& group) {
  CLI::App& command = cli.add(group, "describe", "Show a stream and its shards.",
                              {"shardmill stream describe plays", "shardmill stream describe plays --json"});
  auto options = std::make_shared<DescribeOptions>();
  add_stream_options(command, *options);
  command.add_flag("--json", options->json, "Print JSON");
  cli.on_run(command, [options] { return describe(*options); });
}

}  // namespace shardmill::app
