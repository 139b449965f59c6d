// shardmill completion bash.
#include <fmt/format.h>

#include "app/cli.h"
#include "app/completion.h"

namespace shardmill::app {

void add_completion(Cli& cli) {
  CLI::App& group = cli.add_group("completion", "Print completion scripts for the shell.",
                                  {"source <(shardmill completion bash)"});
  CLI::App& command = cli.add(group, "bash", "Print the completion script for bash.",
                              {"source <(shardmill completion bash)",
                               "shardmill completion bash > ~/.local/share/bash-completion/completions/shardmill"});
  cli.on_run(command, [&cli] {
    fmt::print("{}", bash_completion(cli.root()));
    return kOk;
  });
}

}  // namespace shardmill::app
