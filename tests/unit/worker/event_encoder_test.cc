#include "worker/event_encoder.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <shardmill/events.h>

using namespace shardmill;
using namespace shardmill::worker;

namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

// The records behind the first `skip` ones of a chunk.
ChunkSlice slice(std::uint64_t first, std::int64_t arrival, const Records& records, std::uint32_t skip = 0) {
  ChunkBuilder builder;
  for (const auto& [key, data] : records) builder.add(key, as_bytes(data));
  auto chunk = std::make_shared<Chunk>();
  chunk->first = {first};
  chunk->count = builder.count();
  chunk->arrival = {arrival};
  chunk->body = builder.take();
  Bytes entries = chunk->body.bytes();
  for (std::uint32_t i = 0; i < skip; ++i) next_entry(entries);
  return {chunk, {first + skip}, chunk->count - skip, entries};
}

struct Memory {
  explicit Memory(std::size_t size) : words(std::make_unique<std::uint64_t[]>(size / 8)), size(size) {}
  [[nodiscard]] std::span<std::byte> bytes() const { return {reinterpret_cast<std::byte*>(words.get()), size}; }
  std::unique_ptr<std::uint64_t[]> words;
  std::size_t size;
};

Invocation invocation_of(const std::vector<ChunkSlice>& slices) {
  Invocation invocation;
  invocation.request_id = "request";
  invocation.idempotency_key = "key";
  invocation.attempt = 2;
  invocation.event = StreamEvent{"visits", "arn:visits", ShardNumber{7},
                                 sequence_prefix(1'700'000'000'000'000, ShardNumber{7}, StreamId{3}), slices};
  return invocation;
}

std::string_view text(const Memory& memory, Place place) {
  return as_text(Bytes(memory.bytes()).subspan(place.offset, place.size));
}

}  // namespace

TEST_CASE("A batch that was laid out reads back through the SDK") {
  Memory memory(1 << 20);
  std::vector<ChunkSlice> slices = {slice(10, 1000, {{"a", "one"}, {"b", ""}}),
                                    slice(20, 2000, {{"c", "x"}, {"d", "y"}, {"e", "z"}}, 1)};
  auto frame = encode_invocation(invocation_of(slices), memory.bytes());
  REQUIRE(frame);
  CHECK(frame->kind == SHARDMILL_STREAM_BATCH);
  CHECK(frame->attempt == 2);
  CHECK(text(memory, frame->request_id) == "request");
  CHECK(text(memory, frame->idempotency_key) == "key");
  CHECK(frame->event.offset % 8 == 0);

  StreamBatch batch(reinterpret_cast<const shardmill_stream_batch*>(memory.bytes().data() + frame->event.offset));
  CHECK(batch.stream() == "visits");
  CHECK(batch.stream_arn() == "arn:visits");
  CHECK(batch.shard_id() == "shardId-000000000007");
  REQUIRE(batch.size() == 4);
  CHECK(batch[0].partition_key() == "a");
  CHECK(batch[0].data() == "one");
  CHECK(batch[1].data().empty());
  CHECK(batch[1].position() == 11);
  CHECK(batch[2].partition_key() == "d");
  CHECK(batch[2].position() == 21);
  CHECK(batch[2].arrival().time_since_epoch().count() == 2000);
  const auto event = std::get<StreamEvent>(invocation_of(slices).event);
  CHECK(batch[3].sequence_number() == sequence_number(event.prefix, {22}));
}

TEST_CASE("Runs longer than one copy keep every record in its place") {
  Memory memory(16 << 20);
  Records records;
  for (int i = 0; i < 3000; ++i) {
    records.emplace_back("key" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'd'));
  }
  std::vector<ChunkSlice> slices = {slice(1, 5, records)};
  auto frame = encode_invocation(invocation_of(slices), memory.bytes());
  REQUIRE(frame);
  StreamBatch batch(reinterpret_cast<const shardmill_stream_batch*>(memory.bytes().data() + frame->event.offset));
  REQUIRE(batch.size() == records.size());
  std::size_t i = 0;
  for (Record record : batch) {
    REQUIRE(record.partition_key() == records[i].first);
    REQUIRE(record.data() == records[i].second);
    ++i;
  }
}

TEST_CASE("A payload is handed over as it is") {
  Memory memory(1 << 12);
  Invocation invocation = invocation_of({});
  invocation.event = PayloadEvent{"{\"n\": 1}"};
  auto frame = encode_invocation(invocation, memory.bytes());
  REQUIRE(frame);
  CHECK(frame->kind == SHARDMILL_PAYLOAD);
  CHECK(text(memory, frame->event) == "{\"n\": 1}");
}

TEST_CASE("An event fits to the last byte, and one byte more is refused") {
  Memory memory(1 << 12);
  Invocation invocation = invocation_of({});
  const std::string room(memory.size - 10 - 8, 'x');  // the ids, and the alignment
  invocation.event = PayloadEvent{room};
  CHECK(encode_invocation(invocation, memory.bytes()));
  const std::string more = room + 'x';
  invocation.event = PayloadEvent{more};
  auto refused = encode_invocation(invocation, memory.bytes());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::limit_exceeded);

  std::vector<ChunkSlice> slices = {slice(1, 1, {{"k", std::string(4000, 'd')}})};
  CHECK_FALSE(encode_invocation(invocation_of(slices), memory.bytes()));
}
