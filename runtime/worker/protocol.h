// What the runtime and its worker processes say to each other.
//
// Descriptors of a worker: 0 is /dev/null, 1 and 2 are the log pipe, and from 3 on those of WorkerFd. Events lie in
// the input memory, which the worker can only read; what it emits and answers lies in the output memory, which the
// runtime only reads. The doorbell is a SOCK_SEQPACKET socket, one frame per message:
//
//   runtime -> worker   LoadFrame, once     texts in the input memory: names, and lists of lines that end with '\n'
//   worker  -> runtime  LoadedFrame + type + text
//   runtime -> worker   InvokeFrame         ids and the event in the input memory
//   worker  -> runtime  ReplyFrame + type + text + names
//   runtime closes its end: the worker leaves in good order
//
// Each answer carries the nonce of its question; one that does not is no answer.
//
// Output memory: LastWords | entries (api/output.h), upwards | ... | the response, at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shardmill::worker {

enum WorkerFd : int { kSocketFd = 3, kInputFd = 4, kOutputFd = 5, kCodeFd = 6, kFirstClosedFd = 7 };

// Virtual sizes: only pages that were touched take memory.
inline constexpr std::size_t kInputSize = std::size_t{16} << 20;  // a 10 MiB record, or 6 MB in 10,000 records
inline constexpr std::size_t kOutputSize = std::size_t{32} << 20;
inline constexpr std::size_t kOutputsOffset = 4096;
inline constexpr std::size_t kMaxFrame = 64 * 1024;
inline constexpr std::size_t kMaxErrorType = 256;
inline constexpr std::size_t kMaxErrorText = 8 * 1024;
inline constexpr std::size_t kMaxOutputNames = 32 * 1024;

// A place in the input memory.
struct Place {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

struct LoadFrame {
  std::uint64_t nonce = 0;
  std::uint64_t memory_bytes = 0;  // that the function may use beyond what the worker itself needs; 0: no limit
  Place function;
  Place version;
  Place outputs;                 // names, as lines
  Place read_paths;              // files and folders, as lines: to read
  Place write_paths;             // to read and to write
  std::uint32_t any_output = 0;  // 1: any stream may be emitted to; the reply tells the names
  std::uint32_t reserved = 0;
};

enum class LoadStatus : std::uint32_t { ok, cannot_load, wrong_abi, init_failed, out_of_memory };

struct LoadedFrame {
  std::uint64_t nonce = 0;
  std::uint64_t event_kinds = 0;
  LoadStatus status = LoadStatus::ok;
  std::uint32_t missing = 0;  // bits of Protection that the machine does not have
  std::uint32_t type_size = 0;
  std::uint32_t text_size = 0;
};

// What keeps a worker in its place, as bits of LoadedFrame::missing.
enum Protection : std::uint32_t {
  kSystemCallFilter = 1,
  kNoNewPrivileges = 2,
  kMemoryLimit = 4,
  kFileAccess = 8,
};

struct InvokeFrame {
  std::uint64_t nonce = 0;
  std::uint32_t kind = 0;
  std::uint32_t attempt = 0;
  std::int64_t deadline_unix_ms = 0;
  std::int64_t deadline_steady_ns = 0;
  Place request_id;
  Place idempotency_key;
  Place event;  // aligned to 8
};

enum class ReplyStatus : std::uint32_t { ok, failed, out_of_memory };

struct ReplyFrame {
  std::uint64_t nonce = 0;
  ReplyStatus status = ReplyStatus::ok;
  std::uint32_t output_count = 0;
  std::uint32_t output_size = 0;      // bytes of entries, from kOutputsOffset
  std::uint32_t response_offset = 0;  // in the output memory
  std::uint32_t response_size = 0;
  std::uint32_t signal_mask_changed = 0;
  std::uint32_t type_size = 0;
  std::uint32_t text_size = 0;
  std::uint32_t names_size = 0;  // with LoadFrame::any_output: the outputs' names, each followed by '\n'
  std::uint32_t reserved = 0;
};

// Left by a worker that is about to die of a signal, at the start of the output memory. A hint for the reason that
// people read, nothing more: the worker could have written anything.
enum class LastWord : std::uint32_t { none, null_pointer, read_only_batch, stack_overflow, connection_lost };
struct LastWords {
  std::uint32_t memory_refused = 0;  // 1: an allocation had failed
  LastWord word = LastWord::none;
};

// Lists of names and paths: each followed by '\n'.
inline std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}
inline std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    lines.emplace_back(text.substr(0, end));
  }
  return lines;
}

// Lines that ctx.log writes start with these two bytes on the log pipe: the mark, then '0' + level.
inline constexpr char kLogMark = '\x1e';
inline constexpr std::size_t kMaxLogLine = 16 * 1024;

}  // namespace shardmill::worker
