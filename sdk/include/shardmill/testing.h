// Test doubles: a function is tested in its author's own test program, without a server.
//
//   #include <shardmill/testing.h>
//   #include "hello.cc"
//
//   shardmill::testing::BatchBuilder batch("visits");
//   batch.add("alice", "one").add("bob", "two");
//   shardmill::testing::Function hello;              // the one that SHARDMILL_FUNCTION made, constructed
//   auto result = hello(batch);
//   assert(result.ok && result.emitted[0].data == "hello one");
//
// A handler may also be called directly, with a RecordingContext in the place of the runtime's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shardmill/abi.h"
#include "shardmill/context.h"
#include "shardmill/events.h"

namespace shardmill::testing {

struct Emitted {
  std::string stream;
  std::string partition_key;
  std::string hash_key;  // empty unless an explicit one was given
  std::string data;
};

struct Logged {
  Level level = Level::info;
  std::string text;
};

// What one call came to.
struct Result {
  bool ok = false;
  bool out_of_memory = false;
  std::string error_type;
  std::string error;
  std::vector<Emitted> emitted;
  std::vector<Logged> logs;
  std::string response;
};

// What the runtime would say about the invocation.
struct Settings {
  std::optional<std::vector<std::string>> outputs;  // streams that may be emitted to; unset: any
  std::string function_name = "function";
  std::string version = "test";
  std::string request_id = "00000000-0000-4000-8000-000000000000";
  std::string idempotency_key = "shardId-000000000000:1-1";
  std::uint32_t attempt = 1;
  std::chrono::milliseconds timeout{3000};
};

// Builds the memory of a batch as the runtime lays it out. Positions count from 1 unless given.
class BatchBuilder {
 public:
  explicit BatchBuilder(std::string stream = "stream", std::uint32_t shard_number = 0)
      : stream_(std::move(stream)), shard_(shard_number) {}

  BatchBuilder& add(std::string_view partition_key, std::string_view data) {
    return add(partition_key, data, Time(std::chrono::milliseconds(1'700'000'000'000)));
  }
  BatchBuilder& add(std::string_view partition_key, std::string_view data, Time arrival) {
    records_.push_back({std::string(partition_key), std::string(data), arrival, next_position_++});
    return *this;
  }
  // Of the record added next; the following ones count on from it.
  BatchBuilder& next_position(std::uint64_t position) {
    next_position_ = position;
    return *this;
  }

  // A view into this builder: valid until the next call of build() and while the builder lives.
  StreamBatch build() {
    const std::string arn = "arn:aws:kinesis:us-east-1:000000000000:stream/" + stream_;
    std::size_t size = kRecordsOffset + records_.size() * sizeof(shardmill_record);
    const std::size_t texts = size;
    size += stream_.size() + arn.size();
    for (const Entry& entry : records_) size += entry.key.size() + entry.data.size();
    memory_ = std::make_unique<std::uint64_t[]>((size + 7) / 8);
    bytes_ = reinterpret_cast<char*>(memory_.get());

    auto& header = *new (bytes_) shardmill_stream_batch{};
    header.header_size = sizeof header;
    header.record_size = sizeof(shardmill_record);
    header.record_count = narrow(records_.size());
    header.records_offset = kRecordsOffset;
    header.batch_size = narrow(size);
    header.shard_number = shard_;
    const std::string prefix = "49" + std::string(34, '0');
    std::memcpy(header.sequence_prefix, prefix.data(), sizeof header.sequence_prefix);
    std::size_t end = texts;
    header.stream_offset = put(end, stream_);
    header.stream_size = narrow(stream_.size());
    header.stream_arn_offset = put(end, arn);
    header.stream_arn_size = narrow(arn.size());
    for (std::size_t i = 0; i < records_.size(); ++i) write_record(i, end);
    return StreamBatch(&header);
  }
  // The bytes of the batch that was built last.
  [[nodiscard]] std::string_view memory() const {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes_ + offsetof(shardmill_stream_batch, batch_size), sizeof size);
    return {bytes_, size};
  }

 private:
  struct Entry {
    std::string key;
    std::string data;
    Time arrival;
    std::uint64_t position;
  };

  static constexpr std::uint32_t kRecordsOffset = (sizeof(shardmill_stream_batch) + 7) & ~std::uint32_t{7};

  static std::uint32_t narrow(std::size_t size) { return static_cast<std::uint32_t>(size); }
  std::uint32_t put(std::size_t& end, const std::string& text) {
    if (!text.empty()) std::memcpy(bytes_ + end, text.data(), text.size());
    return narrow(std::exchange(end, end + text.size()));
  }
  void write_record(std::size_t i, std::size_t& end) {
    const Entry& entry = records_[i];
    auto& record = *new (bytes_ + kRecordsOffset + i * sizeof(shardmill_record)) shardmill_record{};
    record.position = entry.position;
    record.arrival_ms = entry.arrival.time_since_epoch().count();
    record.key_offset = put(end, entry.key);
    record.key_size = static_cast<std::uint16_t>(entry.key.size());
    record.data_offset = put(end, entry.data);
    record.data_size = narrow(entry.data.size());
  }

  std::string stream_;
  std::uint32_t shard_;
  std::uint64_t next_position_ = 1;
  std::vector<Entry> records_;
  std::unique_ptr<std::uint64_t[]> memory_;  // of 8-byte words, for the alignment
  char* bytes_ = nullptr;
};

namespace detail {

using shardmill::detail::lend;

// The runtime's side of the boundary: keeps what the function says.
struct Recorder {
  explicit Recorder(Settings given) : settings(std::move(given)) {
    host.size = sizeof host;
    host.abi_major = SHARDMILL_ABI_MAJOR;
    host.abi_minor = SHARDMILL_ABI_MINOR;
    host.context = this;
    host.emit = [](void* self, shardmill_function_bytes stream, shardmill_function_bytes key,
                   shardmill_function_bytes hash_key, shardmill_function_bytes data) {
      return static_cast<Recorder*>(self)->emit({text(stream), text(key), text(hash_key), text(data)});
    };
    host.log = [](void* self, std::int32_t level, shardmill_function_bytes line) {
      static_cast<Recorder*>(self)->result.logs.push_back({static_cast<Level>(level), text(line)});
    };
    host.respond = [](void* self, shardmill_function_bytes response) -> std::int32_t {
      static_cast<Recorder*>(self)->result.response = text(response);
      return SHARDMILL_OK;
    };
    host.fail = [](void* self, shardmill_function_bytes type, shardmill_function_bytes why) {
      static_cast<Recorder*>(self)->fail(text(type), text(why));
    };
    invocation.size = sizeof invocation;
    invocation.attempt = settings.attempt;
    invocation.request_id = borrow(settings.request_id);
    invocation.idempotency_key = borrow(settings.idempotency_key);
    invocation.function_name = borrow(settings.function_name);
    invocation.function_version = borrow(settings.version);
    using namespace std::chrono;
    invocation.deadline_unix_ms =
        duration_cast<milliseconds>((system_clock::now() + settings.timeout).time_since_epoch()).count();
    invocation.deadline_steady_ns =
        duration_cast<nanoseconds>((steady_clock::now() + settings.timeout).time_since_epoch()).count();
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  static std::string text(shardmill_function_bytes bytes) {
    return bytes.size == 0 ? std::string() : std::string(static_cast<const char*>(bytes.data), bytes.size);
  }
  static shardmill_host_bytes borrow(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

  std::int32_t emit(Emitted record) {
    bool allowed = !settings.outputs;
    if (settings.outputs) {
      for (const std::string& name : *settings.outputs) allowed = allowed || name == record.stream;
    }
    if (!allowed) {
      fail("EmitError", "'" + record.stream + "' is not one of the function's Outputs");
      return SHARDMILL_NOT_ALLOWED;
    }
    if (record.partition_key.empty() || record.partition_key.size() > 1024) {
      fail("EmitError", "a partition key has 1 to 256 characters");
      return SHARDMILL_INVALID;
    }
    result.emitted.push_back(std::move(record));
    return SHARDMILL_OK;
  }
  void fail(std::string type, std::string why) {
    if (failed) return;
    failed = true;
    result.error_type = std::move(type);
    result.error = std::move(why);
  }
  // The result of the call that ended with `status`.
  Result finish(std::int32_t status) {
    result.ok = status == SHARDMILL_OK && !failed;
    result.out_of_memory = status == SHARDMILL_OUT_OF_MEMORY;
    return std::move(result);
  }

  Settings settings;
  shardmill_host host{};
  shardmill_invocation invocation{};
  Result result;
  bool failed = false;
};

}  // namespace detail

namespace detail {
struct RecorderHolder {  // a base, so that it exists before Context borrows from it
  Recorder recorder;
};
}  // namespace detail

// A Context for calling a handler directly. What it did is in emitted() and logs().
class RecordingContext : private detail::RecorderHolder, public Context {
 public:
  explicit RecordingContext(Settings given = {})
      : RecorderHolder{detail::Recorder(std::move(given))}, Context(recorder.host, recorder.invocation) {}
  [[nodiscard]] const std::vector<Emitted>& emitted() const { return recorder.result.emitted; }
  [[nodiscard]] const std::vector<Logged>& logs() const { return recorder.result.logs; }
};

// A function behind its table, as the runtime sees it. By default the one that this program is linked with.
class Function {
 public:
  // Throws std::runtime_error with the reason if the function does not initialise.
  explicit Function(const shardmill_function_table& table = shardmill_function, Settings settings = {})
      : table_(table), settings_(std::move(settings)) {
    detail::Recorder recorder(settings_);
    Result result = recorder.finish(table_.init(&recorder.host, &instance_));
    if (!result.ok) throw std::runtime_error("init failed: " + result.error);
  }
  explicit Function(Settings settings) : Function(shardmill_function, std::move(settings)) {}
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  ~Function() { table_.destroy(instance_); }

  [[nodiscard]] bool takes(int kind) const { return (table_.event_kinds & SHARDMILL_KIND_BIT(kind)) != 0; }
  // Of the invocations that follow.
  Settings& settings() { return settings_; }

  Result operator()(BatchBuilder& builder) {
    builder.build();
    return handle(SHARDMILL_STREAM_BATCH, builder.memory());
  }
  Result operator()(std::string_view payload) { return handle(SHARDMILL_PAYLOAD, payload); }

 private:
  Result handle(std::uint32_t kind, std::string_view event) {
    detail::Recorder recorder(settings_);
    recorder.invocation.kind = kind;
    recorder.invocation.event = detail::Recorder::borrow(event);
    return recorder.finish(table_.handle(instance_, &recorder.host, &recorder.invocation));
  }

  const shardmill_function_table& table_;
  Settings settings_;
  void* instance_ = nullptr;
};

}  // namespace shardmill::testing
