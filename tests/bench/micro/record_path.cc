// What every record costs on its way in, step by step. Guides work on the hot path; not part of the table of benches.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "api/chunk.h"
#include "api/hash_key.h"
#include "api/sequence.h"
#include "base/base64.h"

namespace shardmill::bench {
namespace {

constexpr std::size_t kDataSize = 200;

std::vector<std::string> some_keys() {
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("player-" + std::to_string(10'000'000 + i * 7919));
  return keys;
}

void hash_partition_key(benchmark::State& state) {
  std::vector<std::string> keys = some_keys();
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(hash_of(keys[next++ % keys.size()]));
}
BENCHMARK(hash_partition_key);

// Per key, in groups as large as one PutRecords.
void hash_partition_keys_together(benchmark::State& state) {
  std::vector<std::string> keys = some_keys();
  std::vector<Bytes> messages;
  for (const std::string& key : keys) messages.push_back(as_bytes(key));
  std::vector<Md5Digest> digests(keys.size());
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(keys.size()))) {
    md5_each(messages, digests);
    benchmark::DoNotOptimize(digests.data());
  }
}
BENCHMARK(hash_partition_keys_together);

void decode_base64(benchmark::State& state) {
  std::string text = base64_encode(as_bytes(std::string(kDataSize, 'x')));
  std::vector<std::byte> out(kDataSize);
  for (auto _ : state) {
    benchmark::DoNotOptimize(base64_decode(text, out.data()));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kDataSize));
}
BENCHMARK(decode_base64);

void encode_base64(benchmark::State& state) {
  std::string data(kDataSize, 'x');
  std::vector<char> out(base64_encoded_size(kDataSize));
  for (auto _ : state) {
    base64_encode(as_bytes(data), out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kDataSize));
}
BENCHMARK(encode_base64);

// One record into a chunk of 500.
void add_to_chunk(benchmark::State& state) {
  std::vector<std::string> keys = some_keys();
  std::string data(kDataSize, 'x');
  ChunkBuilder builder;
  std::size_t next = 0;
  for (auto _ : state) {
    builder.add(keys[next++ % keys.size()], as_bytes(data));
    if (builder.count() == 500) benchmark::DoNotOptimize(builder.take());
  }
}
BENCHMARK(add_to_chunk);

// One record out of a chunk of 500, looked at.
void walk_chunk(benchmark::State& state) {
  std::vector<std::string> keys = some_keys();
  ChunkBuilder builder;
  std::string data(kDataSize, 'x');
  for (std::size_t i = 0; i < 500; ++i) builder.add(keys[i], as_bytes(data));
  Bytes left = builder.body();
  for (auto _ : state) {
    if (left.empty()) left = builder.body();
    RecordView record = next_entry(left);
    benchmark::DoNotOptimize(record);
  }
}
BENCHMARK(walk_chunk);

void write_sequence_number(benchmark::State& state) {
  SequencePrefix prefix = sequence_prefix(1'767'225'600'000'000, ShardNumber{3}, StreamId{1});
  std::string out(kSequenceDigits, '0');
  std::uint64_t position = 1;
  for (auto _ : state) {
    write_sequence(out.data(), prefix, Position{position++});
    benchmark::ClobberMemory();
  }
}
BENCHMARK(write_sequence_number);

}  // namespace
}  // namespace shardmill::bench

BENCHMARK_MAIN();
