// The command line: a tree of commands, each in a file of its own (cmd_NAME.cc); the list of them stands in cli.cc.
//
// To add a command: write cmd_NAME.cc with `void add_NAME(Cli& cli)`, declare it below, add one line to the list in
// cli.cc and the file to CMakeLists.txt.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace shardmill::app {

// Exit codes that scripts may rely on.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;    // the thing asked for did not work out; stderr says why
inline constexpr int kBadUsage = 2;  // the command line or a file given on it is wrong

// Understands a whole command line before it does anything: an action never runs when something on the line is wrong.
class Cli {
 public:
  Cli();

  [[nodiscard]] CLI::App& root() { return root_; }

  // Adds a command under `parent`. `summary` is one sentence; `examples` are whole command lines, the way a user would
  // type them, with an optional "  # why".
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& summary,
                const std::vector<std::string>& examples);
  // Adds a command that only holds others.
  CLI::App& add_group(const std::string& name, const std::string& summary,
                      const std::vector<std::string>& examples);
  // What the command does; it returns the exit code. Options are best held by a shared_ptr that both the option
  // and the action capture.
  void on_run(CLI::App& command, std::function<int()> action) { actions_[&command] = std::move(action); }

  // Parses and runs. Help and version go to stdout, complaints to stderr.
  int run(int argc, const char* const* argv);

 private:
  [[nodiscard]] int complain(const CLI::ParseError& error) const;
  [[nodiscard]] int act();

  CLI::App root_;
  std::map<const CLI::App*, std::function<int()>> actions_;
};

// Prints the sentence to stderr, as all complaints are printed, and gives kFailed, or kBadUsage for Errc::invalid.
int report(const Error& error);

void add_filter(Cli& cli);
void add_function(Cli& cli);
void add_serve(Cli& cli);
void add_status(Cli& cli);
void add_store(Cli& cli);
void add_stream(Cli& cli);
void add_event(Cli& cli);
void add_invoke(Cli& cli);
void add_new(Cli& cli);
void add_completion(Cli& cli);

}  // namespace shardmill::app
