// shardmill store: looking at and repairing the data of a server that does not run.
#include "app/cmd_store.h"

namespace shardmill::app {

void add_store(Cli& cli) {
  CLI::App& group = cli.add_group(
      "store", "Check and repair the data of a server that does not run.",
      {"shardmill store check mymill", "shardmill store accept-loss mymill clicks shardId-000000000000"});
  add_store_check(cli, group);
  add_store_accept_loss(cli, group);
}

}  // namespace shardmill::app
