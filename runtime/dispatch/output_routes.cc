#include "dispatch/output_routes.h"

#include <fmt/format.h>

namespace shardmill::dispatch {
namespace {

Result<StreamRef> find_output(const Catalogue& catalogue, const std::string& name) {
  StreamRef stream = catalogue.find(name);
  if (!stream) return fail(Errc::not_found, fmt::format("output stream \"{}\" does not exist", name));
  return stream;
}

}  // namespace

StreamRoute::StreamRoute(StreamRef stream) : stream_(std::move(stream)), slot_of_(stream_->shards.size(), 0) {}

void StreamRoute::add(std::string_view key, HashKey hash, bool is_explicit, Bytes data) {
  if (is_explicit) explicit_hashes_.emplace_back(order_.size(), hash);
  const ShardInfo& shard = stream_->route(hash);
  std::uint32_t& slot = slot_of_[static_cast<std::size_t>(&shard - stream_->shards.data())];
  if (slot == 0) {
    targets_.push_back({shard.key, {}});
    slot = static_cast<std::uint32_t>(targets_.size());
  }
  targets_[slot - 1].records.add(key, data);
  order_.push_back(slot - 1);
}

void StreamRoute::give(std::vector<Append>& appends) {
  for (Target& target : targets_) {
    std::uint32_t count = target.records.count();
    appends.push_back({target.shard, count, target.records.take()});
  }
}

std::span<Append> StreamRoute::route_again(StreamRef fresh, std::span<Append> appends) {
  std::vector<Bytes> rest;
  for (const Append& append : appends.first(targets_.size())) rest.push_back(append.body.bytes());
  StreamRoute again(std::move(fresh));
  auto explicit_hash = explicit_hashes_.begin();
  for (std::size_t i = 0; i < order_.size(); ++i) {
    RecordView record = next_entry(rest[order_[i]]);
    bool is_explicit = explicit_hash != explicit_hashes_.end() && explicit_hash->first == i;
    HashKey hash = is_explicit ? explicit_hash++->second : hash_of(record.partition_key);
    again.add(record.partition_key, hash, is_explicit, record.data);
  }
  appends = appends.subspan(targets_.size());
  *this = std::move(again);
  return appends;
}

Result<OutputRoutes> OutputRoutes::read(Bytes region, std::uint32_t count, const std::vector<std::string>& streams,
                                        const Catalogue& catalogue) {
  OutputRoutes all;
  all.route_of_.resize(streams.size(), 0);
  OutputReader reader(region, count, streams);
  for (std::span<const Output> group = reader.next_group(); !group.empty(); group = reader.next_group()) {
    Result<void> added = all.add(group, streams, catalogue);
    if (!added) return std::unexpected(added.error());
  }
  if (!reader.problem().empty()) return fail(Errc::invalid, reader.problem());
  return all;
}

Result<void> OutputRoutes::add(std::span<const Output> group, const std::vector<std::string>& streams,
                               const Catalogue& catalogue) {
  std::array<Bytes, OutputReader::kGroup> keys;
  std::array<Md5Digest, OutputReader::kGroup> digests;
  for (std::size_t i = 0; i < group.size(); ++i) keys[i] = as_bytes(group[i].key);
  md5_each(std::span(keys).first(group.size()), digests);
  for (std::size_t i = 0; i < group.size(); ++i) {
    const Output& output = group[i];
    std::uint32_t& route = route_of_[output.stream];
    if (route == 0) {
      Result<StreamRef> stream = find_output(catalogue, streams[output.stream]);
      if (!stream) return std::unexpected(stream.error());
      routes_.emplace_back(std::move(*stream));
      route = static_cast<std::uint32_t>(routes_.size());
    }
    HashKey hash = output.explicit_hash ? *output.explicit_hash : hash_key_of(digests[i]);
    routes_[route - 1].add(output.key, hash, output.explicit_hash.has_value(), output.data);
  }
  count_ += static_cast<std::uint32_t>(group.size());
  return {};
}

void OutputRoutes::give(Transaction& transaction) {
  for (StreamRoute& route : routes_) route.give(transaction.appends);
}

Result<bool> OutputRoutes::route_again(Transaction& transaction, const Catalogue& catalogue) {
  std::vector<StreamRef> fresh;
  bool changed = false;
  for (const StreamRoute& route : routes_) {
    Result<StreamRef> stream = find_output(catalogue, route.stream()->name);
    if (!stream) return std::unexpected(stream.error());
    changed = changed || *stream != route.stream();
    fresh.push_back(std::move(*stream));
  }
  std::span<Append> appends = transaction.appends;
  for (std::size_t i = 0; i < routes_.size(); ++i) appends = routes_[i].route_again(fresh[i], appends);
  transaction.appends.clear();
  give(transaction);
  return changed;
}

}  // namespace shardmill::dispatch
