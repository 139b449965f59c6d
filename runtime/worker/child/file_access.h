// What of the file system a worker may reach, held by the kernel's Landlock (Linux 5.13 and later).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shardmill::worker::sandbox {

// From here on this process and its threads open nothing but what lies at or below these paths: `read` to read and to
// load libraries from, `write` for everything. What is open already stays open. Paths that are not there give nothing.
// Needs NO_NEW_PRIVS. Returns the bit of Protection if the machine cannot hold a process to it, else 0.
std::uint32_t limit_files(const std::vector<std::string>& read, const std::vector<std::string>& write);

}  // namespace shardmill::worker::sandbox
