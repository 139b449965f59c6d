// Completion scripts for shells, made from the tree of commands itself.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace shardmill::app {

// A script for bash. What follows an option or stands as an argument is completed by its type, an argument by its name: FILE and DIR from
// the file system, STREAM by asking the server, "a|b|c" as those words.
[[nodiscard]] std::string bash_completion(const CLI::App& root);

}  // namespace shardmill::app
