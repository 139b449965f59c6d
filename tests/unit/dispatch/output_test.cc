// What functions emit: reading it from memory that is not trusted, and routing it.
#include <catch2/catch.hpp>

#include "dispatch/output_routes.h"
#include "support/manual_time.h"
#include "support/memory_streams.h"
#include "support/scripted_workers.h"

using namespace shardmill;
using namespace shardmill::dispatch;
using namespace shardmill::test;

namespace {

const std::vector<std::string> kOutputs = {"plays", "errors"};

// What is wrong with `reply`'s outputs; empty if nothing is.
std::string problem(const Reply& reply, std::optional<std::uint32_t> count = {}, std::size_t cut = 0) {
  Bytes region = reply.outputs.bytes();
  OutputReader reader(region.first(region.size() - cut), count.value_or(reply.output_count), kOutputs);
  while (!reader.next_group().empty()) {
  }
  CHECK(reader.next_group().empty());
  return reader.problem();
}

std::string problem_of(std::uint16_t stream, std::string_view key, std::string_view data,
                       std::string_view hash_key = {}) {
  Reply reply;
  emit(reply, stream, key, data, hash_key);
  return problem(reply);
}

Reply with_header(OutputHeader header, std::size_t body) {
  Reply reply;
  std::memcpy(reply.outputs.extend(sizeof header).data(), &header, sizeof header);
  std::memset(reply.outputs.extend(body).data(), 'x', body);
  reply.output_count = 1;
  return reply;
}

struct Streams {
  ManualTime time{WallTime{1'700'000'000'000}};
  MemoryStreams store{time};
};

// Commits as a lane does, without waiting.
Result<Committed> commit(MemoryStreams& store, Transaction& transaction) {
  std::optional<Result<Committed>> result;
  store.commit(transaction, [&](Result<Committed> done) { result = std::move(done); });
  while (!result) REQUIRE(store.pump());
  return std::move(*result);
}

Result<OutputRoutes> routed(const Streams& streams, const Reply& reply) {
  return OutputRoutes::read(reply.outputs.bytes(), reply.output_count, kOutputs, streams.store);
}

}  // namespace

TEST_CASE("well-formed outputs are read as they were written") {
  Reply reply;
  emit(reply, 0, "k1", "data one");
  emit(reply, 1, "k2", "", "340282366920938463463374607431768211455");
  OutputReader reader(reply.outputs.bytes(), 2, kOutputs);
  std::span<const Output> outputs = reader.next_group();
  REQUIRE(outputs.size() == 2);
  CHECK(outputs[0].stream == 0);
  CHECK(outputs[0].key == "k1");
  CHECK(as_text(outputs[0].data) == "data one");
  CHECK_FALSE(outputs[0].explicit_hash);
  CHECK(outputs[1].stream == 1);
  CHECK(outputs[1].key == "k2");
  CHECK(outputs[1].data.empty());
  CHECK((outputs[1].explicit_hash == kMaxHashKey));
  CHECK(reader.next_group().empty());
  CHECK(reader.problem().empty());
}

TEST_CASE("many outputs come in groups, up to the one that is not right") {
  constexpr int kCount = 2 * OutputReader::kGroup + 5;
  Reply reply;
  for (int i = 0; i < kCount; ++i) emit(reply, 0, "key " + std::to_string(i), std::to_string(i));
  emit(reply, 0, "", "bad");
  OutputReader reader(reply.outputs.bytes(), reply.output_count, kOutputs);
  int next = 0;
  for (auto group = reader.next_group(); !group.empty(); group = reader.next_group()) {
    for (const Output& output : group) {
      CHECK(output.key == "key " + std::to_string(next));
      CHECK(as_text(output.data) == std::to_string(next++));
    }
  }
  CHECK(next == kCount);
  CHECK(reader.problem() == "output 134 of 134: its partition key has 0 bytes, wanted 1 to 256 characters");
}

TEST_CASE("outputs at the limits are accepted") {
  std::string key(256, 'k');
  CHECK(problem_of(0, key, std::string(kMaxOutputBytes - 256, 'd')).empty());
  std::string wide;
  for (int i = 0; i < 256; ++i) wide += "\xF0\x9F\x8D\x8A";
  CHECK(problem_of(1, wide, "d", "0").empty());
}

TEST_CASE("each broken rule of an output is named with what was found and what was wanted") {
  CHECK(problem_of(2, "k", "d") == "output 1 of 1: it goes to stream 2, the function has 2 in Outputs");
  CHECK(problem_of(0, "", "d") == "output 1 of 1: its partition key has 0 bytes, wanted 1 to 256 characters");
  CHECK(problem_of(0, std::string(257, 'k'), "d") ==
        "output 1 of 1: its partition key has 257 characters, wanted 1 to 256");
  CHECK(problem_of(0, std::string(1025, 'k'), "d") ==
        "output 1 of 1: its partition key has 1025 bytes, wanted 1 to 256 characters");
  CHECK(problem_of(0, "\xFF", "d") == "output 1 of 1: its partition key is not UTF-8");
  CHECK(problem_of(0, "k", std::string(kMaxOutputBytes, 'd')) ==
        "output 1 of 1: key and data have 1048577 bytes, wanted at most 1048576");
  CHECK(problem_of(0, "k", "d", "340282366920938463463374607431768211456") ==
        "output 1 of 1: its explicit hash key is not a decimal number from 0 to 2^128 - 1");
  CHECK(problem_of(0, "k", "d", "-1") ==
        "output 1 of 1: its explicit hash key is not a decimal number from 0 to 2^128 - 1");
  CHECK(problem_of(0, "k", "d", std::string(40, '1')) ==
        "output 1 of 1: its explicit hash key has 40 digits, wanted at most 39");
  CHECK(problem(with_header({1, 1, 0, 0, 7}, 2)) == "output 1 of 1: its reserved field is 7, wanted 0");
}

TEST_CASE("sizes that point outside of the region are refused") {
  CHECK(problem(with_header({0xFFFFFFFF, 1, 0, 0, 0}, 10)) ==
        "output 1 of 1: it has 4294967296 bytes, 10 are left");
  CHECK(problem(with_header({0, 0xFFFF, 0, 0, 0}, 10)) == "output 1 of 1: it has 65535 bytes, 10 are left");
  CHECK(problem(with_header({0, 1, 0, 0xFFFF, 0}, 10)) == "output 1 of 1: it has 65536 bytes, 10 are left");
  Reply reply;
  emit(reply, 0, "k", "data");
  CHECK(problem(reply, 2) == "output 2 of 2: its header needs 12 bytes, 0 are left");
  CHECK(problem(reply, 0) == "17 bytes follow the last of 0 outputs");
}

TEST_CASE("a region cut anywhere is refused") {
  Reply reply;
  emit(reply, 0, "k", "data");
  emit(reply, 1, "key", "more data", "12345");
  for (std::size_t cut = 1; cut <= reply.outputs.size(); ++cut) CHECK_FALSE(problem(reply, {}, cut).empty());
}

TEST_CASE("a record goes to the shard that owns the hash of its key, or its explicit hash key") {
  Streams streams;
  streams.store.create_now("plays", 2);
  streams.store.create_now("errors", 1);
  Reply reply;
  emit(reply, 0, "a", "1", "0");
  emit(reply, 0, "a", "2", "340282366920938463463374607431768211455");
  emit(reply, 0, "a", "3");
  emit(reply, 1, "a", "4");
  Result<OutputRoutes> outputs = routed(streams, reply);
  REQUIRE(outputs);
  CHECK(outputs->count() == 4);
  Transaction transaction;
  outputs->give(transaction);
  REQUIRE(commit(streams.store, transaction));
  // MD5("a") is 0cc175b9..., in the lower half.
  CHECK(streams.store.records("plays", ShardNumber{0}) == std::vector<TestRecord>{{"a", "1"}, {"a", "3"}});
  CHECK(streams.store.records("plays", ShardNumber{1}) == std::vector<TestRecord>{{"a", "2"}});
  CHECK(streams.store.records("errors") == std::vector<TestRecord>{{"a", "4"}});
}

TEST_CASE("an output stream that does not exist is named") {
  Streams streams;
  streams.store.create_now("plays", 1);
  Reply reply;
  emit(reply, 1, "a", "1");
  Result<OutputRoutes> outputs = routed(streams, reply);
  REQUIRE_FALSE(outputs);
  CHECK(outputs.error().code == Errc::not_found);
  CHECK(outputs.error().text == "output stream \"errors\" does not exist");
}

TEST_CASE("when shards close, records are routed again and keep the order in which they were emitted") {
  Streams streams;
  streams.store.create_now("plays", 2);
  streams.store.create_now("errors", 1);
  Reply reply;
  std::vector<TestRecord> emitted;
  for (int i = 0; i < 100; ++i) {
    emitted.push_back({"key " + std::to_string(i % 7), std::to_string(i)});
    emit(reply, 0, emitted.back().key, emitted.back().data, i % 5 == 0 ? "77" : "");
    emit(reply, 1, emitted.back().key, emitted.back().data);
  }
  Result<OutputRoutes> outputs = routed(streams, reply);
  REQUIRE(outputs);
  Transaction transaction;
  outputs->give(transaction);
  streams.store.merge_now("plays", ShardNumber{0}, ShardNumber{1});
  REQUIRE(commit(streams.store, transaction).error().code == Errc::shard_closed);
  Result<bool> changed = outputs->route_again(transaction, streams.store);
  REQUIRE(changed);
  CHECK(*changed);
  REQUIRE(commit(streams.store, transaction));
  CHECK(streams.store.records("plays", ShardNumber{2}) == emitted);
  CHECK(streams.store.records("errors") == emitted);
}

TEST_CASE("explicit hash keys survive being routed again") {
  Streams streams;
  streams.store.create_now("plays", 1);
  streams.store.create_now("errors", 1);
  Reply reply;
  emit(reply, 0, "a", "low by key");
  emit(reply, 0, "a", "high by hash", "340282366920938463463374607431768211455");
  Result<OutputRoutes> outputs = routed(streams, reply);
  Transaction transaction;
  outputs->give(transaction);
  for (std::uint32_t round = 0; round < 2; ++round) {
    streams.store.split_now("plays", ShardNumber{round});
    REQUIRE(outputs->route_again(transaction, streams.store));
  }
  REQUIRE(commit(streams.store, transaction));
  CHECK(streams.store.records("plays", ShardNumber{3}) == std::vector<TestRecord>{{"a", "low by key"}});
  CHECK(streams.store.records("plays", ShardNumber{2}) == std::vector<TestRecord>{{"a", "high by hash"}});
}

TEST_CASE("routing again says when nothing has changed, so that the caller waits") {
  Streams streams;
  streams.store.create_now("plays", 1);
  Reply reply;
  emit(reply, 0, "a", "1");
  Result<OutputRoutes> outputs = routed(streams, reply);
  Transaction transaction;
  outputs->give(transaction);
  Result<bool> changed = outputs->route_again(transaction, streams.store);
  REQUIRE(changed);
  CHECK_FALSE(*changed);
  streams.store.remove_now("plays");
  CHECK(outputs->route_again(transaction, streams.store).error().code == Errc::not_found);
}
