// The commands below `shardmill store`, each in a file of its own.
#pragma once

#include "app/cli.h"

namespace shardmill::app {

void add_store_accept_loss(Cli& cli, CLI::App& group);
void add_store_check(Cli& cli, CLI::App& group);

}  // namespace shardmill::app
