// shardmill store accept-loss: a person's word that a server shall go on without what its data lacks.
#include <filesystem>
#include <future>
#include <memory>

#include <fmt/format.h>

#include "api/sequence.h"
#include "app/cmd_store.h"
#include "app/serve/folder.h"
#include "app/terminal.h"
#include "base/nearest.h"
#include "dispatch/asio_time.h"
#include "store/store.h"

namespace shardmill::app {
namespace {

struct AcceptOptions {
  std::string folder;
  std::string stream;
  std::string shard;
  bool catalogue = false;
};

Result<std::uint64_t> accept_shard(Store& store, const AcceptOptions& options) {
  auto number = parse_shard_id(options.shard);
  if (!number) {
    return fail(Errc::invalid,
                fmt::format("found \"{}\", wanted a shard id such as shardId-000000000000", options.shard));
  }
  if (store.find(options.stream) == nullptr) {
    std::vector<std::string> names;
    for (const StreamRef& stream : store.list()) names.push_back(stream->name);
    return fail(Errc::not_found,
                fmt::format("there is no stream \"{}\"{}", options.stream, did_you_mean(options.stream, names)));
  }
  std::promise<Result<std::uint64_t>> answer;
  store.accept_loss(options.stream, *number,
                    [&](Result<std::uint64_t> lost) { answer.set_value(std::move(lost)); });
  return answer.get_future().get();
}

int accept_loss(const AcceptOptions& options) {
  if (options.stream.empty() != options.shard.empty() || (options.stream.empty() && !options.catalogue)) {
    return report({Errc::invalid, "wanted a stream and a shard, or --catalogue"});
  }
  Result<ServeFolder> folder = find_serve_folder(options.folder);
  if (!folder) return report(folder.error());
  if (!std::filesystem::is_directory(folder->data())) {
    return report({Errc::invalid, fmt::format("there is no folder {}", folder->data().string())});
  }
  dispatch::SystemClock clock;
  auto store =
      Store::open({.folder = folder->data(),
                   .clock = clock,
                   .on_notice = [](const std::string& text) { fmt::print(stderr, "{}\n", printable(text)); },
                   .accept_catalogue_loss = options.catalogue});
  if (!store) return report(store.error());
  if (options.catalogue) fmt::print("the streams are what the data has now\n");
  if (options.stream.empty()) return kOk;
  Result<std::uint64_t> lost = accept_shard(**store, options);
  if (!lost) return report(lost.error());
  fmt::print("{} {}: gave up {} acknowledged record{}; the shard can be used again\n", options.stream,
             options.shard, grouped(*lost), *lost == 1 ? "" : "s");
  return kOk;
}

}  // namespace

void add_store_accept_loss(Cli& cli, CLI::App& group) {
  CLI::App& command =
      cli.add(group, "accept-loss", "Go on without acknowledged records or streams that are missing",
              {"shardmill store accept-loss mymill clicks shardId-000000000000",
               "shardmill store accept-loss mymill --catalogue"});
  auto options = std::make_shared<AcceptOptions>();
  command.add_option("DIR", options->folder, "Folder of the server, which must not run")->required()->type_name("");
  command.add_option("STREAM", options->stream, "Stream whose shard lacks records")->type_name("");
  command.add_option("SHARD", options->shard, "The shard")->type_name("");
  command.add_flag("--catalogue", options->catalogue, "Go on although changes of streams and triggers are missing");
  cli.on_run(command, [options] { return accept_loss(*options); });
}

}  // namespace shardmill::app
