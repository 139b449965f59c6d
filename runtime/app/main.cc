#include <string_view>

#include "app/cli.h"
#include "worker/child/child_main.h"

int main(int argc, char** argv) {
  // Workers are started often and need none of the command line.
  if (argc > 1 && std::string_view(argv[1]) == "worker") return shardmill::worker::child_main(argc, argv);
  shardmill::app::Cli cli;
  return cli.run(argc, argv);
}
