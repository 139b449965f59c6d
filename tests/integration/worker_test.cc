// Workers of the real binary: what an invocation gets and gives, and how pools keep workers.
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "api/output.h"
#include "support/worker_fixture.h"

using namespace shardmill;
using shardmill::test::WorkerFixture;

namespace {

ChunkSlice slice(std::uint64_t first, WallTime arrival,
                 const std::vector<std::pair<std::string, std::string>>& records) {
  ChunkBuilder builder;
  for (const auto& [key, data] : records) builder.add(key, as_bytes(data));
  auto chunk = std::make_shared<Chunk>();
  chunk->first = {first};
  chunk->count = builder.count();
  chunk->arrival = arrival;
  chunk->body = builder.take();
  return {chunk, chunk->first, chunk->count, chunk->body.bytes()};
}

StreamEvent event(const std::vector<ChunkSlice>& slices) {
  return {"visits", "arn:aws:kinesis:us-east-1:000000000000:stream/visits", ShardNumber{7},
          sequence_prefix(1'700'000'000'000'000, ShardNumber{7}, StreamId{3}), slices};
}

struct ReadOutput {
  std::uint16_t stream;
  std::string key, hash_key, data;
};

std::vector<ReadOutput> read_outputs(const InvocationResult& result) {
  std::vector<ReadOutput> outputs;
  std::string_view rest = as_text(result.outputs);
  auto take = [&](std::size_t size) {
    std::string piece(rest.substr(0, size));
    rest.remove_prefix(size);
    return piece;
  };
  while (!rest.empty()) {
    OutputHeader header;
    std::memcpy(&header, rest.data(), sizeof header);
    rest.remove_prefix(sizeof header);
    std::string key = take(header.key_size);
    std::string hash_key = take(header.hash_key_size);
    outputs.push_back({header.stream, std::move(key), std::move(hash_key), take(header.data_size)});
  }
  return outputs;
}

}  // namespace

TEST_CASE("A batch is handled in place and its outputs come back") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  auto lease = fixture.borrow(*pool);
  std::vector<ChunkSlice> slices = {slice(41, WallTime{1000}, {{"alice", "one"}, {"bob", ""}}),
                                    slice(43, WallTime{2000}, {{"carol", "three"}})};
  Invocation invocation = fixture.payload("");
  invocation.event = event(slices);
  InvocationResult result = fixture.invoke(*lease, invocation);

  REQUIRE(result.outcome.kind == OutcomeKind::success);
  CHECK(result.output_count == 3);
  std::vector<ReadOutput> outputs = read_outputs(result);
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].key == "alice");
  CHECK(outputs[0].data == "one");
  CHECK(outputs[1].key == "bob");
  CHECK(outputs[1].data.empty());
  CHECK(outputs[2].data == "three");
  const SequencePrefix prefix = event(slices).prefix;
  CHECK(fixture.lines.of("r-").at(0) == "3 records of visits shardId-000000000007 from " +
                                            sequence_number(prefix, {41}) + " to " + sequence_number(prefix, {43}));
}

TEST_CASE("A full batch goes through at once") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  auto lease = fixture.borrow(*pool);
  std::vector<std::pair<std::string, std::string>> records(10'000, {"key", std::string(600, 'd')});
  std::vector<ChunkSlice> slices = {slice(1, WallTime{1000}, records)};
  Invocation invocation = fixture.payload("");
  invocation.event = event(slices);
  InvocationResult result = fixture.invoke(*lease, invocation);
  REQUIRE(result.outcome.kind == OutcomeKind::success);
  CHECK(result.output_count == 10'000);
  CHECK(read_outputs(result).back().data == records.back().second);
}

TEST_CASE("A record of 10 MiB goes through, and more than fits is refused without a call") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  const std::string large(10 << 20, 'x');
  CHECK(fixture.call(*pool, large).response == large);
  const std::string too_large(17 << 20, 'x');
  InvocationResult result = fixture.call(*pool, too_large);
  CHECK(result.outcome.kind == OutcomeKind::not_started);
  CHECK_THAT(result.outcome.reason, Catch::Contains("the event has 17825792 bytes, at most 167"));
}

TEST_CASE("A handler sees its context") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  auto lease = fixture.borrow(*pool);
  Invocation invocation = fixture.payload("context");
  invocation.attempt = 3;
  CHECK(fixture.invoke(*lease, invocation).response == "good 0123456789ab r-context key 3 time left");
}

TEST_CASE("A function has its settings' environment and nothing of the server's") {
  WorkerFixture fixture;
  Deployment deployment = WorkerFixture::deployment("good");
  deployment.settings.environment["LEVEL"] = "debug";
  setenv("SERVER_SECRET", "hush", 1);
  auto pool = fixture.open(deployment);
  CHECK(fixture.call(*pool, "env LEVEL").response == "debug");
  CHECK(fixture.call(*pool, "env SERVER_SECRET").response == "(unset)");
}

TEST_CASE("What a function prints and logs becomes lines of its invocation") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  fixture.call(*pool, "logs");
  std::vector<LogLine> lines = fixture.lines.all();
  REQUIRE(lines.size() == 5);
  const std::vector<std::string> texts = {"printed", "streamed", "two", "lines", "no newline"};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(lines[i].text == texts[i]);
    CHECK(lines[i].function == "good");
    CHECK(lines[i].version == "0123456789ab");
    CHECK(lines[i].request_id == "r-logs");
    CHECK(lines[i].level == (i == 2 || i == 3 ? LogLevel::error : LogLevel::info));
  }
}

TEST_CASE("Where any output is allowed the names come back") {
  WorkerFixture fixture(true);
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  auto lease = fixture.borrow(*pool);
  InvocationResult result = fixture.invoke(*lease, fixture.payload("two outputs"));
  REQUIRE(result.outcome.kind == OutcomeKind::success);
  CHECK(result.output_names == std::vector<std::string>{"out", "first", "second"});
  std::vector<ReadOutput> outputs = read_outputs(result);
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].stream == 1);
  CHECK(outputs[1].stream == 2);
  CHECK(outputs[1].hash_key == "17");
}

TEST_CASE("A worker is kept warm") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  CHECK(pool->takes(EventKind::stream_batch));
  CHECK(pool->takes(EventKind::payload));
  CHECK(fixture.call(*pool, "count").response == "1");
  CHECK(fixture.call(*pool, "count").response == "2");
}

TEST_CASE("A worker that is killed while it is idle is replaced unseen") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  const std::string pid = fixture.call(*pool, "pid").response;
  REQUIRE(kill(std::stoi(pid), SIGKILL) == 0);
  while (kill(std::stoi(pid), 0) == 0) fixture.settle();  // until it was reaped
  InvocationResult result = fixture.call(*pool, "pid");
  CHECK(result.outcome.kind == OutcomeKind::success);
  CHECK(result.response != pid);
}

TEST_CASE("As many workers run as the settings allow, and borrowers wait in order") {
  WorkerFixture fixture;
  Deployment deployment = WorkerFixture::deployment("good");
  deployment.settings.workers = 2;
  auto pool = fixture.open(deployment);
  auto first = fixture.borrow(*pool);
  auto second = fixture.borrow(*pool);
  CHECK(pool->running() == 2);
  std::vector<int> served;
  std::vector<std::unique_ptr<Lease>> leases;
  for (int i = 0; i < 3; ++i) {
    boost::asio::co_spawn(
        fixture.context,
        [&, i]() -> Task<void> {
          auto lease = co_await pool->borrow();
          served.push_back(i);
          leases.push_back(std::move(*lease));
        },
        [](std::exception_ptr) {});
  }
  fixture.settle();
  CHECK(served.empty());
  first.reset();
  second.reset();
  fixture.settle();
  CHECK(served == std::vector<int>{0, 1});
  leases.erase(leases.begin());
  fixture.settle();
  CHECK(served == std::vector<int>{0, 1, 2});
  CHECK(pool->running() == 2);
}

TEST_CASE("A retired pool lets its workers go in good order and cancels who waits") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("good"));
  auto lease = fixture.borrow(*pool);
  std::optional<Error> error;
  boost::asio::co_spawn(
      fixture.context,
      [&]() -> Task<void> {
        auto waited = co_await pool->borrow();
        error = waited.error();
      },
      [](std::exception_ptr) {});
  fixture.settle();
  pool->retire();
  fixture.settle();
  REQUIRE(error);
  CHECK(error->code == Errc::cancelled);
  CHECK(fixture.invoke(*lease, fixture.payload("still here")).response == "still here");
  lease.reset();
  pool.reset();
  fixture.context.restart();
  fixture.context.run();  // until nothing is left to do
  CHECK(fixture.lines.of("").back() == "good bye");
}

TEST_CASE("An inline function runs in the runtime") {
  WorkerFixture fixture;
  Deployment deployment = WorkerFixture::deployment("good");
  deployment.settings.isolation = Isolation::in_line;
  auto pool = fixture.open(deployment);
  CHECK(fixture.call(*pool, "pid").response == std::to_string(getpid()));
  auto lease = fixture.borrow(*pool);
  std::vector<ChunkSlice> slices = {slice(41, WallTime{1000}, {{"alice", "one"}})};
  Invocation invocation = fixture.payload("");
  invocation.event = event(slices);
  InvocationResult result = fixture.invoke(*lease, invocation);
  CHECK(result.output_count == 1);
  CHECK(read_outputs(result).at(0).data == "one");
  CHECK(fixture.lines.of("r-").size() == 1);
}

TEST_CASE("An inline function that throws fails, and one that is late has failed") {
  WorkerFixture fixture;
  Deployment deployment = WorkerFixture::deployment("bad_deeds");
  deployment.settings.isolation = Isolation::in_line;
  auto pool = fixture.open(deployment);
  CHECK(fixture.call(*pool, "throw").outcome.reason == "broken record");
  InvocationResult late = fixture.call(*pool, "thread", std::chrono::milliseconds(0));
  CHECK(late.outcome.kind == OutcomeKind::timeout);
  CHECK_THAT(late.outcome.reason, Catch::Contains("an inline function cannot be stopped"));
}

TEST_CASE("An inline function cannot have an environment of its own") {
  WorkerFixture fixture;
  Deployment deployment = WorkerFixture::deployment("good");
  deployment.settings.isolation = Isolation::in_line;
  deployment.settings.environment["LEVEL"] = "debug";
  CHECK_THAT(fixture.refusal(deployment), Catch::Contains("needs \"Isolation\": \"process\""));
}
