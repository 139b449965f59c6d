#include <memory>

#include "app/cli.h"
#include "app/serve/serve.h"

namespace shardmill::app {

void add_serve(Cli& cli) {
  CLI::App& command = cli.add(cli.root(), "serve", "Run the server on a folder with functions and data",
                              {"shardmill serve mymill", "shardmill serve --listen 127.0.0.1:0  # any free port"});
  struct Given {
    ServeOptions options;
    std::string listen;
    std::string level = "info";
  };
  auto given = std::make_shared<Given>();
  command.add_option("DIR", given->options.folder, "Folder with shardmill.json, functions/ and data/ (default: .)")
      ->type_name("");
  command.add_option("--listen", given->listen, "Where to listen, in place of what shardmill.json says")
      ->type_name("ADDR:PORT");
  command.add_option("--log-level", given->level, "Least level of the lines on stderr (default: info)")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->type_name("LEVEL");
  command.add_flag("--log-json", given->options.log_json, "Write the log as one JSON object per line");
  cli.on_run(command, [given] {
    if (!given->listen.empty()) given->options.listen = given->listen;
    given->options.log_level = *parse_log_level(given->level);
    return serve(given->options);
  });
}

}  // namespace shardmill::app
