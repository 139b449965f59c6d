// What a worker process gives up before code of a function runs in it. The aim: nothing of it outlives the runtime,
// it makes no other processes and reaches no other process, and its memory is bounded. What it may reach of the file
// system is in file_access.h. The network is open to it.
#pragma once

#include <cstdint>

#include "worker/protocol.h"

namespace shardmill::worker::sandbox {

// The worker dies with the thread that started it. False if the runtime is gone already. First thing in the process.
bool die_with_parent(int parent_pid);
// Closes what the worker was not given.
void close_other_descriptors();
// From here on the process may take `bytes` more private memory than it has. The bit of Protection if it cannot be
// limited, else 0.
std::uint32_t limit_memory(std::uint64_t bytes);
// No core files, no new privileges, no debugger, no system call that starts or touches another process.
// Limits that are set by then stay.
// Returns the bits of Protection that the machine does not have.
std::uint32_t give_up_rights();

}  // namespace shardmill::worker::sandbox
