// What a worker says when it dies of its function: hints at the start of the output memory (protocol.h).
#pragma once

#include <span>

#include "worker/protocol.h"

namespace shardmill::worker {

// Installs handlers for the signals of crashes and for operator new's failure. `words` lies in the output memory,
// `input` is the memory that the worker may not write. Once, on the thread that handles; both last to the end.
void install_last_words(LastWords& words, std::span<const std::byte> input);
// Before each call of the function.
void reset_last_words();

}  // namespace shardmill::worker
