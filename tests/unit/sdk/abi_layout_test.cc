// Functions that people compiled yesterday run tomorrow: what stands here may be added to at the end, never changed.
#include <cstddef>

#include <catch2/catch.hpp>

#include "shardmill/abi.h"

extern "C" const std::size_t kCSizes[5];

static_assert(SHARDMILL_ABI_MAJOR == 1 && SHARDMILL_ABI_MINOR == 0);
static_assert(SHARDMILL_STREAM_BATCH == 0 && SHARDMILL_PAYLOAD == 1);
static_assert(SHARDMILL_DEBUG == 0 && SHARDMILL_INFO == 1 && SHARDMILL_WARN == 2 && SHARDMILL_ERROR == 3);
static_assert(SHARDMILL_OK == 0 && SHARDMILL_FAILED == 1 && SHARDMILL_OUT_OF_MEMORY == 2);
static_assert(SHARDMILL_NOT_ALLOWED == 3 && SHARDMILL_INVALID == 4 && SHARDMILL_FULL == 5);

static_assert(offsetof(shardmill_stream_batch, header_size) == 0);
static_assert(offsetof(shardmill_stream_batch, record_size) == 4);
static_assert(offsetof(shardmill_stream_batch, record_count) == 8);
static_assert(offsetof(shardmill_stream_batch, records_offset) == 12);
static_assert(offsetof(shardmill_stream_batch, batch_size) == 16);
static_assert(offsetof(shardmill_stream_batch, shard_number) == 20);
static_assert(offsetof(shardmill_stream_batch, stream_offset) == 24);
static_assert(offsetof(shardmill_stream_batch, stream_size) == 28);
static_assert(offsetof(shardmill_stream_batch, stream_arn_offset) == 32);
static_assert(offsetof(shardmill_stream_batch, stream_arn_size) == 36);
static_assert(offsetof(shardmill_stream_batch, sequence_prefix) == 40);

static_assert(offsetof(shardmill_record, position) == 0);
static_assert(offsetof(shardmill_record, arrival_ms) == 8);
static_assert(offsetof(shardmill_record, key_offset) == 16);
static_assert(offsetof(shardmill_record, data_offset) == 20);
static_assert(offsetof(shardmill_record, data_size) == 24);
static_assert(offsetof(shardmill_record, key_size) == 28);

static_assert(offsetof(shardmill_invocation, size) == 0);
static_assert(offsetof(shardmill_invocation, kind) == 4);
static_assert(offsetof(shardmill_invocation, attempt) == 8);
static_assert(offsetof(shardmill_invocation, request_id) == 16);
static_assert(offsetof(shardmill_invocation, idempotency_key) == 32);
static_assert(offsetof(shardmill_invocation, function_name) == 48);
static_assert(offsetof(shardmill_invocation, function_version) == 64);
static_assert(offsetof(shardmill_invocation, deadline_unix_ms) == 80);
static_assert(offsetof(shardmill_invocation, deadline_steady_ns) == 88);
static_assert(offsetof(shardmill_invocation, event) == 96);

static_assert(offsetof(shardmill_host, size) == 0);
static_assert(offsetof(shardmill_host, abi_major) == 4);
static_assert(offsetof(shardmill_host, abi_minor) == 6);
static_assert(offsetof(shardmill_host, context) == 8);
static_assert(offsetof(shardmill_host, emit) == 16);
static_assert(offsetof(shardmill_host, log) == 24);
static_assert(offsetof(shardmill_host, respond) == 32);
static_assert(offsetof(shardmill_host, fail) == 40);

static_assert(offsetof(shardmill_function_table, abi_major) == 0);
static_assert(offsetof(shardmill_function_table, abi_minor) == 2);
static_assert(offsetof(shardmill_function_table, table_size) == 4);
static_assert(offsetof(shardmill_function_table, event_kinds) == 8);
static_assert(offsetof(shardmill_function_table, init) == 16);
static_assert(offsetof(shardmill_function_table, handle) == 24);
static_assert(offsetof(shardmill_function_table, destroy) == 32);

TEST_CASE("C and C++ agree on every struct of the boundary") {
  CHECK(kCSizes[0] == sizeof(shardmill_stream_batch));
  CHECK(kCSizes[1] == sizeof(shardmill_record));
  CHECK(kCSizes[2] == sizeof(shardmill_invocation));
  CHECK(kCSizes[3] == sizeof(shardmill_host));
  CHECK(kCSizes[4] == sizeof(shardmill_function_table));
  CHECK(sizeof(shardmill_stream_batch) == 76);
  CHECK(sizeof(shardmill_record) == 32);
  CHECK(sizeof(shardmill_invocation) == 112);
}
