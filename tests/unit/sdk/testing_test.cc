#include <catch2/catch.hpp>
#include <shardmill/testing.h>

using shardmill::testing::BatchBuilder;
using shardmill::testing::Function;
using shardmill::testing::RecordingContext;
using shardmill::testing::Result;
using shardmill::testing::Settings;

TEST_CASE("A built batch reads back as it was added") {
  BatchBuilder builder("visits", 7);
  builder.add("alice", "one", shardmill::Time(std::chrono::milliseconds(1234)));
  builder.next_position(10).add("bob", "");
  shardmill::StreamBatch batch = builder.build();

  CHECK(batch.size() == 2);
  CHECK(batch.stream() == "visits");
  CHECK(batch.stream_arn() == "arn:aws:kinesis:us-east-1:000000000000:stream/visits");
  CHECK(batch.shard_id() == "shardId-000000000007");
  CHECK(batch[0].partition_key() == "alice");
  CHECK(batch[0].data() == "one");
  CHECK(batch[0].arrival().time_since_epoch().count() == 1234);
  CHECK(batch[0].sequence_number() == "49" + std::string(53, '0') + "1");
  CHECK(batch[1].partition_key() == "bob");
  CHECK(batch[1].data().empty());
  CHECK(batch[1].sequence_number() == "49" + std::string(52, '0') + "10");
  std::size_t walked = 0;
  for (shardmill::Record record : batch) walked += record.partition_key().size();
  CHECK(walked == 8);
}

TEST_CASE("A recording context keeps what a handler emits and logs") {
  Settings settings;
  settings.outputs = {"out"};
  settings.attempt = 3;
  RecordingContext ctx(settings);
  ctx.emit("out", "k", "v");
  ctx.emit_to("out", "k", "12", "w");
  ctx.warn("careful");
  REQUIRE(ctx.emitted().size() == 2);
  CHECK(ctx.emitted()[0].data == "v");
  CHECK(ctx.emitted()[1].hash_key == "12");
  CHECK(ctx.logs().at(0).level == shardmill::Level::warn);
  CHECK(ctx.attempt() == 3);
  CHECK(ctx.remaining() <= std::chrono::seconds(3));
  CHECK(ctx.remaining() > std::chrono::seconds(-600));
  CHECK_THROWS_AS(ctx.emit("elsewhere", "k", "v"), shardmill::EmitError);
}

TEST_CASE("A refused output fails the invocation") {
  Settings settings;
  settings.outputs = std::vector<std::string>{};
  Function count(settings);
  BatchBuilder batch;
  batch.add("a", "1");
  Result result = count(batch);
  CHECK_FALSE(result.ok);
  CHECK(result.error == "'copies' is not one of the function's Outputs");
}
