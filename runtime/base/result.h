// Errors as values. A function that can fail returns Result<T>; exceptions live inside library adapters only and
// stop at three borders: the plugin call, a loop turn, main.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace shardmill {

enum class Errc {
  invalid,         // the caller's input breaks a rule; retrying the same input cannot help
  not_found,       // the named thing does not exist
  exists,          // the named thing exists already
  in_use,          // the named thing is busy with something that excludes this
  limit_exceeded,  // a bound of the system would be passed
  expired,         // it was valid once
  shard_closed,    // the shard takes no more records: route again by a fresh StreamInfo
  full,            // no space on the device: nothing was written, try again when there is space
  unavailable,     // the store has failed for good in this process (an fsync failed): restart to recover
  corrupt,         // stored bytes are not what was written; the text names shard and position
  io,              // the system refused: text has the call and errno's words
  cancelled,       // the runtime is stopping
  internal,        // a defect of ours
};

// One sentence a user can act on: names the thing, what was found and what was wanted.
struct Error {
  Errc code;
  std::string text;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string text) {
  return std::unexpected(Error{code, std::move(text)});
}

}  // namespace shardmill
