// shardmill stream: what there is to do with streams.
#include "app/cmd_stream.h"

namespace shardmill::app {

void add_stream(Cli& cli) {
  CLI::App& group = cli.add_group("stream", "Create, fill, read and reshape streams.",
                                  {"shardmill stream create plays --shards 4",
                                   "seq 1000 | shardmill stream put plays", "shardmill stream tail plays"});
  add_stream_create(cli, group);
  add_stream_delete(cli, group);
  add_stream_list(cli, group);
  add_stream_describe(cli, group);
  add_stream_put(cli, group);
  add_stream_get(cli, group);
  add_stream_tail(cli, group);
  add_stream_split(cli, group);
  add_stream_merge(cli, group);
}

}  // namespace shardmill::app
