// shardmill stream split, merge.
#include <algorithm>

#include <fmt/format.h>

#include "api/hash_key.h"
#include "app/cmd_stream.h"
#include "app/stream_api.h"
#include "app/terminal.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

struct SplitOptions : StreamOptions {
  std::string shard;
  std::string at;
};

struct MergeOptions : StreamOptions {
  std::string first;
  std::string second;
};

Result<const ShardSummary*> find_shard(const std::vector<ShardSummary>& shards, const std::string& id) {
  auto at = std::ranges::find(shards, id, &ShardSummary::id);
  if (at != shards.end()) return &*at;
  std::vector<std::string> open;
  for (const ShardSummary& shard : shards) {
    if (shard.is_open()) open.push_back(shard.id);
  }
  constexpr std::size_t kShown = 10;
  std::string more = open.size() > kShown ? fmt::format(" and {} more", open.size() - kShown) : "";
  open.resize(std::min(open.size(), kShown));
  return fail(Errc::not_found, fmt::format("the stream has no {}; open are {}{}", id, fmt::join(open, ", "), more));
}

// The first key of the upper half.
Result<std::string> middle_of(const ShardSummary& shard) {
  auto first = parse_hash_key(shard.first_hash);
  auto last = parse_hash_key(shard.last_hash);
  if (!first || !last) return fail(Errc::internal, "ListShards: the hash keys of " + shard.id + " are not numbers");
  if (*first == *last) return fail(Errc::limit_exceeded, shard.id + " owns a single hash key and cannot be split");
  return to_decimal(*first + (*last - *first) / 2 + 1);
}

int print_children(Client& client, const std::string& stream, const std::string& parent, std::string_view what) {
  if (Result<StreamSummary> summary = wait_until_active(client, stream); !summary) return report(summary.error());
  Result<std::vector<ShardSummary>> shards = list_shards(client, stream);
  if (!shards) return report(shards.error());
  std::vector<std::string> children;
  for (const ShardSummary& shard : *shards) {
    if (shard.parent == parent || shard.adjacent_parent == parent) children.push_back(shard.id);
  }
  fmt::print("{} into {}\n", what, fmt::join(children, " and "));
  return kOk;
}

int split(const SplitOptions& options) {
  Result<std::string> id = shard_id_of(options.shard);
  if (!id) return report(id.error());
  if (!options.at.empty() && !parse_hash_key(options.at)) {
    return report({Errc::invalid, fmt::format("--at \"{}\" is not a hash key; wanted a number from 0 to 2^128 - 1",
                                              printable(options.at))});
  }
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<std::vector<ShardSummary>> shards = list_shards(*client, options.stream);
  if (!shards) return report(shards.error());
  Result<const ShardSummary*> shard = find_shard(*shards, *id);
  if (!shard) return report(shard.error());
  Result<std::string> at = options.at.empty() ? middle_of(**shard) : options.at;
  if (!at) return report(at.error());
  Result<json> answer =
      stream_call(*client, "SplitShard", options.stream, {{"ShardToSplit", *id}, {"NewStartingHashKey", *at}});
  if (!answer) return report(answer.error());
  return print_children(*client, options.stream, *id, fmt::format("split {}", *id));
}

int merge(const MergeOptions& options) {
  Result<std::string> first = shard_id_of(options.first);
  if (!first) return report(first.error());
  Result<std::string> second = shard_id_of(options.second);
  if (!second) return report(second.error());
  Result<Client> client = Client::open(options.endpoint);
  if (!client) return report(client.error());
  Result<json> answer = stream_call(*client, "MergeShards", options.stream,
                                    {{"ShardToMerge", *first}, {"AdjacentShardToMerge", *second}});
  if (!answer) return report(answer.error());
  return print_children(*client, options.stream, *first, fmt::format("merged {} and {}", *first, *second));
}

}  // namespace

void add_stream_split(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "split", "Split a shard in two.",
              {"shardmill stream split plays 0  # in the middle",
               "shardmill stream split plays shardId-000000000000 --at 85070591730234615865843651857942052864"});
  auto options = std::make_shared<SplitOptions>();
  add_stream_options(command, *options);
  command.add_option("SHARD", options->shard, "The shard: its number or its id")->required();
  command.add_option("--at", options->at, "First hash key of the second half (the middle)")->type_name("KEY");
  cli.on_run(command, [options] { return split(*options); });
}

void add_stream_merge(Cli& cli, CLI::App& group) {
  CLI::App& command = cli.add(group, "merge", "Merge two shards whose hash keys are neighbours.",
                              {"shardmill stream merge plays 1 2"});
  auto options = std::make_shared<MergeOptions>();
  add_stream_options(command, *options);
  command.add_option("SHARD1", options->first, "One shard: its number or its id")->required();
  command.add_option("SHARD2", options->second, "The other one")->required();
  cli.on_run(command, [options] { return merge(*options); });
}

}  // namespace shardmill::app
