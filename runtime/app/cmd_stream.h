// The commands under `shardmill stream`. To add one: write its add function in a cmd_stream_*.cc, declare it here, add one
// line to cmd_stream.cc.
#pragma once

#include <memory>
#include <string>

#include "app/cli.h"
#include "app/client.h"

namespace shardmill::app {

// What every stream command is given.
struct StreamOptions {
  std::string endpoint;
  std::string stream;
};

// Adds the option --endpoint and the argument STREAM.
inline void add_stream_options(CLI::App& command, StreamOptions& options) {
  add_endpoint_option(command, options.endpoint);
  command.add_option("STREAM", options.stream, "Name of the stream")->required();
}

void add_stream_create(Cli& cli, CLI::App& group);
void add_stream_delete(Cli& cli, CLI::App& group);
void add_stream_list(Cli& cli, CLI::App& group);
void add_stream_describe(Cli& cli, CLI::App& group);
void add_stream_put(Cli& cli, CLI::App& group);
void add_stream_get(Cli& cli, CLI::App& group);
void add_stream_tail(Cli& cli, CLI::App& group);
void add_stream_split(Cli& cli, CLI::App& group);
void add_stream_merge(Cli& cli, CLI::App& group);

}  // namespace shardmill::app
