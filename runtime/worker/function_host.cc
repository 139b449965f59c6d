#include "worker/function_host.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/hash_key.h"
#include "api/output.h"
#include "base/utf8.h"

namespace shardmill::worker {

namespace {

std::string_view text_of(shardmill_function_bytes bytes) {
  return bytes.size == 0 ? std::string_view() : std::string_view(static_cast<const char*>(bytes.data), bytes.size);
}

// Nothing if `key` has 1 to 256 well-formed characters; else what is wrong.
std::string problem_of_key(std::string_view key) {
  std::size_t characters = 0;
  for (std::string_view rest = key; !rest.empty() && characters <= kMaxOutputKeyCharacters; ++characters) {
    Utf8Step step = next_utf8(rest);
    if (!step.valid) return "its partition key is not UTF-8";
    rest.remove_prefix(step.bytes);
  }
  if (characters >= 1 && characters <= kMaxOutputKeyCharacters) return {};
  return fmt::format("its partition key has {} characters, wanted 1 to {}",
                     characters == 0 ? "no" : "more than " + std::to_string(kMaxOutputKeyCharacters),
                     kMaxOutputKeyCharacters);
}

}  // namespace

Result<void> check_table(const shardmill_function_table* table) {
  if (table == nullptr) {
    return fail(Errc::invalid,
                "no entry: the library does not export shardmill_function (is SHARDMILL_FUNCTION missing?)");
  }
  if (table->abi_major != SHARDMILL_ABI_MAJOR || table->abi_minor > SHARDMILL_ABI_MINOR) {
    return fail(Errc::invalid,
                fmt::format("wrong ABI: found {}.{}, wanted {}.0 to {}.{}", table->abi_major, table->abi_minor,
                            SHARDMILL_ABI_MAJOR, SHARDMILL_ABI_MAJOR, SHARDMILL_ABI_MINOR));
  }
  if (table->table_size < sizeof(shardmill_function_table)) {
    return fail(Errc::invalid, fmt::format("wrong ABI: found a table of {} bytes, wanted at least {}",
                                           table->table_size, sizeof(shardmill_function_table)));
  }
  if (table->init == nullptr || table->handle == nullptr || table->destroy == nullptr || table->event_kinds == 0) {
    return fail(Errc::invalid, "wrong ABI: the function's table is incomplete");
  }
  return {};
}

FunctionHost::FunctionHost(FunctionIdentity identity, const shardmill_function_table& table,
                           std::span<std::byte> output, LogWriter log)
    : identity_(std::move(identity)), table_(table), output_(output), log_(std::move(log)) {
  host_.size = sizeof host_;
  host_.abi_major = SHARDMILL_ABI_MAJOR;
  host_.abi_minor = SHARDMILL_ABI_MINOR;
  host_.context = this;
  host_.emit = [](void* context, shardmill_function_bytes stream, shardmill_function_bytes key,
                  shardmill_function_bytes hash_key, shardmill_function_bytes data) {
    return self(context).emit({text_of(stream), text_of(key), text_of(hash_key), text_of(data)});
  };
  host_.log = [](void* context, std::int32_t level, shardmill_function_bytes text) {
    self(context).log_(level, text_of(text));
  };
  host_.respond = [](void* context, shardmill_function_bytes response) {
    return self(context).respond(text_of(response));
  };
  host_.fail = [](void* context, shardmill_function_bytes type, shardmill_function_bytes text) {
    self(context).fail(text_of(type), text_of(text));
  };
}

CallReport FunctionHost::init() {
  room_end_ = kOutputsOffset;  // there is nothing to emit to yet
  caller_ = std::this_thread::get_id();
  const std::int32_t status = table_.init(&host_, &instance_);
  alive_ = status == SHARDMILL_OK;
  return finish(status);
}

CallReport FunctionHost::handle(const InvokeFrame& frame, const std::byte* input) {
  auto at = [&](Place place) { return shardmill_host_bytes{input + place.offset, place.size}; };
  shardmill_invocation invocation{};
  invocation.size = sizeof invocation;
  invocation.kind = frame.kind;
  invocation.attempt = frame.attempt;
  invocation.request_id = at(frame.request_id);
  invocation.idempotency_key = at(frame.idempotency_key);
  invocation.function_name = {identity_.function.data(), identity_.function.size()};
  invocation.function_version = {identity_.version.data(), identity_.version.size()};
  invocation.deadline_unix_ms = frame.deadline_unix_ms;
  invocation.deadline_steady_ns = frame.deadline_steady_ns;
  invocation.event = at(frame.event);
  room_end_ = output_.size();
  caller_ = std::this_thread::get_id();
  return finish(table_.handle(instance_, &host_, &invocation));
}

void FunctionHost::destroy() {
  if (std::exchange(alive_, false)) table_.destroy(std::exchange(instance_, nullptr));
}

CallReport FunctionHost::finish(std::int32_t status) {
  caller_ = std::thread::id();
  CallReport report = std::exchange(report_, {});
  if (status == SHARDMILL_OUT_OF_MEMORY) {
    report.status = ReplyStatus::out_of_memory;
  } else if (status != SHARDMILL_OK || failed_) {
    report.status = ReplyStatus::failed;
    if (!failed_) {
      report.error_type = "Failed";
      report.error_text = fmt::format("the handler returned {} and gave no reason", status);
    }
  }
  failed_ = false;
  return report;
}

int FunctionHost::find_output(std::string_view stream) {
  const std::vector<std::string>& outputs = identity_.outputs;
  auto last = static_cast<std::size_t>(last_output_);
  if (last < outputs.size() && outputs[last] == stream) return last_output_;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == stream) return last_output_ = static_cast<int>(i);
  }
  if (!identity_.any_output || stream.empty() || stream.size() > 128 || outputs.size() >= 256) return -1;
  identity_.outputs.emplace_back(stream);
  return last_output_ = static_cast<int>(outputs.size() - 1);
}

// OK, or the refusal has been noted.
std::int32_t FunctionHost::check_output(int index, const Emitted& record) {
  auto refuse = [&](std::int32_t status, std::string_view why) {
    fail("Runtime.EmitError", fmt::format("emit to '{}' refused: {}", record.stream.substr(0, 128), why));
    return status;
  };
  if (index < 0 && identity_.outputs.empty()) {
    return refuse(SHARDMILL_NOT_ALLOWED, "the function's settings have no Outputs");
  }
  if (index < 0) {
    return refuse(SHARDMILL_NOT_ALLOWED,
                  fmt::format("the function's Outputs are {}", fmt::join(identity_.outputs, ", ")));
  }
  if (std::string problem = problem_of_key(record.key); !problem.empty()) return refuse(SHARDMILL_INVALID, problem);
  if (!record.hash_key.empty() && !parse_hash_key(record.hash_key)) {
    return refuse(SHARDMILL_INVALID, "its hash key is not a decimal number below 2^128");
  }
  const std::size_t size = record.key.size() + record.data.size();
  if (size > kMaxOutputBytes) {
    return refuse(SHARDMILL_INVALID,
                  fmt::format("key and data have {} bytes, at most {} are allowed", size, kMaxOutputBytes));
  }
  if (kOutputsOffset + report_.output_size + sizeof(OutputHeader) + size + record.hash_key.size() > room_end_) {
    return refuse(SHARDMILL_FULL, fmt::format("the outputs of one invocation have at most {} MB",
                                              (output_.size() - kOutputsOffset + (1 << 20) - 1) >> 20));
  }
  return SHARDMILL_OK;
}

std::int32_t FunctionHost::emit(const Emitted& record) {
  if (caller_ != std::this_thread::get_id()) return SHARDMILL_INVALID;
  const int index = find_output(record.stream);
  if (std::int32_t status = check_output(index, record); status != SHARDMILL_OK) return status;
  const OutputHeader header{static_cast<std::uint32_t>(record.data.size()),
                            static_cast<std::uint16_t>(record.key.size()), static_cast<std::uint16_t>(index),
                            static_cast<std::uint16_t>(record.hash_key.size()), 0};
  std::byte* const start = output_.data() + kOutputsOffset + report_.output_size;
  std::byte* end = start;
  auto put = [&end](const void* bytes, std::size_t size) {
    if (size != 0) std::memcpy(end, bytes, size);
    end += size;
  };
  put(&header, sizeof header);
  put(record.key.data(), record.key.size());
  put(record.hash_key.data(), record.hash_key.size());
  put(record.data.data(), record.data.size());
  report_.output_size += static_cast<std::uint32_t>(end - start);
  ++report_.output_count;
  return SHARDMILL_OK;
}

std::int32_t FunctionHost::respond(std::string_view response) {
  if (caller_ != std::this_thread::get_id()) return SHARDMILL_INVALID;
  if (kOutputsOffset + report_.output_size + response.size() > output_.size()) return SHARDMILL_FULL;
  room_end_ = output_.size() - response.size();
  report_.response = {static_cast<std::uint32_t>(room_end_), static_cast<std::uint32_t>(response.size())};
  if (!response.empty()) std::memcpy(output_.data() + room_end_, response.data(), response.size());
  return SHARDMILL_OK;
}

void FunctionHost::fail(std::string_view type, std::string_view text) {
  if (caller_ != std::this_thread::get_id() || std::exchange(failed_, true)) return;
  report_.error_type = type.substr(0, kMaxErrorType);
  report_.error_text = text.substr(0, kMaxErrorText);
}

}  // namespace shardmill::worker
