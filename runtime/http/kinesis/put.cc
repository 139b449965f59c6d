#include "http/kinesis/put.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.h"
#include "http/kinesis/find.h"
#include "http/kinesis/shape.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis {
namespace {

constexpr int kMostTries = 20;  // of routing again, when shards are split or merged under our hands

std::size_t data_size(const PutEntry& entry) {
  return base64_decoded_size(entry.data).value_or(0);
}

std::optional<ApiError> check_sizes(std::span<const PutEntry> entries) {
  std::size_t total = 0;
  for (const PutEntry& entry : entries) {
    std::size_t size = data_size(entry) + entry.partition_key.size();
    if (size > static_cast<std::size_t>(kMaxRecordBytes)) {
      return ApiError{
          ErrorType::invalid_argument,
          fmt::format("Record size of {} bytes, data and partition key together, exceeds the limit of {}.", size,
                      kMaxRecordBytes)};
    }
    total += size;
  }
  if (total <= kMaxRequestBytes) return std::nullopt;
  // AWS's words from when the limit was 5 MB (recorded in getmoto/moto, tests/test_kinesis).
  return ApiError{ErrorType::invalid_argument, "Records size exceeds 10 MB limit"};
}

// One attempt: the entries routed by one snapshot of the stream.
class Batch {
 public:
  Batch(Api& api, StreamRef stream, std::span<const PutEntry> entries) : api_(api), entries_(entries) {
    out_.stream = std::move(stream);
  }

  void route();
  // False if some data is not base64.
  bool fill();
  Transaction& transaction() { return transaction_; }
  PutOutcome take(Committed committed) {
    out_.firsts = std::move(committed.firsts);
    return std::move(out_);
  }

 private:
  void place(std::size_t entry, const ShardInfo& shard, std::vector<std::uint16_t>& place_of_shard);

  Api& api_;
  std::span<const PutEntry> entries_;
  PutOutcome out_;
  std::vector<std::size_t> bytes_;  // of each place's chunk
  Transaction transaction_;
};

void Batch::place(std::size_t entry, const ShardInfo& shard, std::vector<std::uint16_t>& place_of_shard) {
  std::size_t size = data_size(entries_[entry]) + entries_[entry].partition_key.size();
  if (out_.stream->enforce_limits && !api_.rates.admit_write(shard.key, size)) {
    out_.places[entry] = PutOutcome::kThrottled;
    out_.refused_by.push_back(&shard);
    return;
  }
  std::uint16_t& place = place_of_shard[static_cast<std::size_t>(&shard - out_.stream->shards.data())];
  if (place == PutOutcome::kThrottled) {
    place = static_cast<std::uint16_t>(out_.shards.size());
    out_.shards.push_back(&shard);
    bytes_.push_back(0);
  }
  out_.places[entry] = place;
  bytes_[place] += sizeof(EntryHeader) + size;
}

void Batch::route() {
  const StreamInfo& stream = *out_.stream;
  out_.places.resize(entries_.size());
  std::vector<std::uint16_t> place_of_shard(stream.shards.size(), PutOutcome::kThrottled);
  if (stream.open_by_hash.size() == 1) {
    const ShardInfo& only = stream.shards[stream.open_by_hash.front()];
    for (std::size_t i = 0; i < entries_.size(); ++i) place(i, only, place_of_shard);
    return;
  }
  std::vector<Bytes> keys(entries_.size());
  std::vector<Md5Digest> digests(entries_.size());
  std::ranges::transform(entries_, keys.begin(),
                         [](const PutEntry& entry) { return as_bytes(entry.partition_key); });
  md5_each(keys, digests);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    place(i, stream.route(entries_[i].hash_key ? *entries_[i].hash_key : hash_key_of(digests[i])), place_of_shard);
  }
}

bool Batch::fill() {
  std::vector<ChunkBuilder> chunks(out_.shards.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) chunks[i].reserve(bytes_[i]);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (out_.places[i] == PutOutcome::kThrottled) continue;
    std::optional<std::size_t> size = base64_decoded_size(entries_[i].data);
    if (!size) return false;
    std::span<std::byte> room = chunks[out_.places[i]].add(entries_[i].partition_key, *size);
    if (!base64_decode(entries_[i].data, room.data())) return false;
  }
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    std::uint32_t count = chunks[i].count();
    transaction_.appends.push_back({out_.shards[i]->key, count, chunks[i].take()});
  }
  return true;
}

}  // namespace

bool are_plainly_valid(std::span<const PutEntry> entries) {
  return std::ranges::all_of(entries, [](const PutEntry& entry) {
    std::optional<std::size_t> size = base64_decoded_size(entry.data);
    return !entry.partition_key.empty() && entry.partition_key.size() <= 256 && size &&
           *size <= static_cast<std::size_t>(kMaxRecordBytes);
  });
}

Task<Outcome<PutOutcome>> put(Api& api, std::string_view name, std::span<const PutEntry> entries) {
  Result<Committed> committed;
  for (int tries = 0; tries < kMostTries; ++tries) {
    Outcome<StreamRef> stream = find_stream(api, name);
    if (!stream) co_return std::unexpected(stream.error());
    if (auto problem = check_sizes(entries)) co_return std::unexpected(*problem);
    Batch batch(api, *stream, entries);
    batch.route();
    if (!batch.fill()) co_return error(ErrorType::serialization, "Invalid Base64 data.");
    committed = Committed{};
    if (!batch.transaction().appends.empty()) {
      committed = co_await commit_to(api, batch.transaction());
    }
    if (committed) co_return batch.take(std::move(*committed));
    if (committed.error().code != Errc::shard_closed) break;
  }
  co_return store_error(committed.error());
}

}  // namespace shardmill::http::kinesis
