// One loaded function and everything it may ask for, on the side where its code runs: in a worker process, or inline
// on a thread of the runtime. Fills the output memory in the format of protocol.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <shardmill/abi.h>

#include "base/bytes.h"
#include "base/result.h"
#include "worker/protocol.h"

namespace shardmill::worker {

// Nothing if the table can be used by this runtime; else what was found and what was wanted.
Result<void> check_table(const shardmill_function_table* table);

struct FunctionIdentity {
  std::string function;
  std::string version;
  std::vector<std::string> outputs;  // streams that may be emitted to
  bool any_output = false;           // any others may as well, and join the list
};

// Where ctx.log goes. Called on any thread that the function has.
using LogWriter = std::function<void(std::int32_t level, std::string_view text)>;

// What a call came to.
struct CallReport {
  ReplyStatus status = ReplyStatus::ok;
  std::string error_type;
  std::string error_text;
  std::uint32_t output_count = 0;
  std::uint32_t output_size = 0;
  Place response;
};

// Calls come from one thread. Does not move: the function holds pointers into it while it is called.
class FunctionHost {
 public:
  // `output` is as large as kOutputSize and outlives this, as does `table`.
  FunctionHost(FunctionIdentity identity, const shardmill_function_table& table, std::span<std::byte> output,
               LogWriter log);
  FunctionHost(const FunctionHost&) = delete;
  FunctionHost& operator=(const FunctionHost&) = delete;

  CallReport init();
  // `input` is what the places in `frame` count from; they are inside.
  CallReport handle(const InvokeFrame& frame, const std::byte* input);
  void destroy();  // nothing to do when init failed or was never called
  // Of the streams in the order of their indices, with any_output.
  [[nodiscard]] const std::vector<std::string>& outputs() const { return identity_.outputs; }

 private:
  static FunctionHost& self(void* context) { return *static_cast<FunctionHost*>(context); }
  struct Emitted {
    std::string_view stream, key, hash_key, data;
  };
  std::int32_t emit(const Emitted& record);
  std::int32_t check_output(int index, const Emitted& record);
  std::int32_t respond(std::string_view response);
  void fail(std::string_view type, std::string_view text);
  // The index of a stream; -1 if it may not be emitted to.
  int find_output(std::string_view stream);
  CallReport finish(std::int32_t status);

  FunctionIdentity identity_;
  const shardmill_function_table& table_;
  const std::span<std::byte> output_;
  const LogWriter log_;
  shardmill_host host_{};
  void* instance_ = nullptr;
  bool alive_ = false;  // from a good init to destroy()

  // Of the call in progress.
  std::atomic<std::thread::id> caller_ =
      std::thread::id();  // read by calls from other threads; no thread while no call is in progress
  bool failed_ = false;
  CallReport report_;
  std::size_t room_end_ = 0;  // entries end here: the end of the output memory, or the response
  int last_output_ = 0;       // most emits go to the stream of the one before
};

}  // namespace shardmill::worker
