#include "app/serve/serve.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/serve/runtime.h"
#include "app/terminal.h"

namespace shardmill::app {
namespace {

// Connections, workers and watches take descriptors; the soft limit of most systems is low for the sake of select().
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // if not allowed, the limit stays
}

// Ends the process while its threads work on. What the store has acknowledged is safe at any time.
[[noreturn]] void leave_now(Log& log, const Error& why) {
  log.flush();
  report(why);
  std::_Exit(kFailed);
}

// Returns at the first signal that asks the server to stop. From then on another one ends the process at once.
void wait_for_signal(boost::asio::io_context& context, boost::asio::signal_set& signals, Log& log) {
  signals.async_wait([&](boost::system::error_code error, int signal) {
    if (error) return;
    log.info(fmt::format("{}: finishing what is in flight; once more ends at once", ::strsignal(signal)));
    context.stop();
  });
  context.run();
  signals.clear();  // the signals have their default actions again
}

Result<RuntimeOptions> prepare(const ServeOptions& options, Log& log) {
  auto folder = find_serve_folder(options.folder);
  if (!folder) return std::unexpected(folder.error());
  auto settings = read_server_file(*folder, options.listen);
  if (!settings) return std::unexpected(settings.error());
  return RuntimeOptions{std::move(*folder), std::move(*settings), log, {}};
}

}  // namespace

int serve(const ServeOptions& options) {
  raise_file_limit();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is an error of the write, like a full disk
  boost::asio::io_context context;
  boost::asio::signal_set signals(context, SIGTERM, SIGINT,
                                  SIGHUP);  // from here on they are kept for the wait below
  bool colour = is_terminal(STDERR_FILENO);
  std::unique_ptr<Log> log = open_log({.level = options.log_level, .json = options.log_json, .colour = colour});

  auto prepared = prepare(options, *log);
  if (!prepared) return report(prepared.error());
  prepared->on_fatal = [&log](const Error& error) { leave_now(*log, error); };
  auto runtime = Runtime::open(std::move(*prepared));
  if (!runtime) {
    report(runtime.error());
    return kFailed;
  }
  fmt::print("listening on {}\n", (*runtime)->url());
  std::fflush(stdout);

  wait_for_signal(context, signals, *log);
  const Runtime::Drained drained = (*runtime)->drain();
  const Error given_up{Errc::cancelled,
                       "some batches were still in flight; they are tried again at the next start"};
  if (drained == Runtime::Drained::stuck) leave_now(*log, given_up);
  runtime->reset();
  log->info("stopped");
  return drained == Runtime::Drained::finished ? kOk : report(given_up);
}

}  // namespace shardmill::app
