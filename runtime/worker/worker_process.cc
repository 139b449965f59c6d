#include "worker/worker_process.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/event_encoder.h"

namespace shardmill::worker {

namespace {

constexpr std::chrono::seconds kEndTimeout{5};

std::unexpected<Error> refused(const std::string& call) {
  return fail(Errc::io, call + ": " + std::generic_category().message(errno));
}

std::vector<std::string> environment_of(const FunctionSettings& settings, const std::string& temp) {
  std::map<std::string, std::string> all{
      {"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"TMPDIR", temp}};
#ifdef SHARDMILL_SANITIZED
  // Deaths are to look as they do without sanitizers, and the leak check would need a process of its own.
  all["ASAN_OPTIONS"] =
      "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:detect_leaks=0:"
      "use_sigaltstack=0:detect_odr_violation=0";
#endif
  for (const auto& [name, value] : settings.environment) all[name] = value;
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& [name, value] : all) lines.push_back(fmt::format("{}={}", name, value));
  return lines;
}

// The number of threads in the text of /proc/PID/stat: the 18th field after the name, which ends with the last ')'.
long threads_in(std::string_view stat) {
  std::size_t at = stat.rfind(')');
  for (int field = 0; field < 18 && at != std::string_view::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string_view::npos ? 0 : std::atol(stat.data() + at + 1);
}

long count_threads(int stat_fd) {
  char text[1024];
  const ssize_t n = pread(stat_fd, text, sizeof text - 1, 0);
  if (n <= 0) return 0;
  text[n] = '\0';
  return threads_in({text, static_cast<std::size_t>(n)});
}

// The pieces of a message behind its frame.
class Tail {
 public:
  explicit Tail(std::string_view rest) : rest_(rest) {}
  std::string take(std::uint32_t size) {
    std::string piece(rest_.substr(0, size));
    rest_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view rest_;
};

}  // namespace

// What timers and the host's callback may touch after the worker object is gone.
struct WorkerProcess::Life {
  explicit Life(const boost::asio::any_io_executor& executor) : deadline(executor), exited(executor) {}

  std::unique_ptr<Child> child;
  std::optional<ChildExit> exit;
  boost::asio::steady_timer deadline;
  bool deadline_passed = false;
  std::uint64_t call = 0;            // a deadline that fires for an earlier call is late and means nothing
  boost::asio::steady_timer exited;  // cancelled when `exit` is set
};

struct WorkerProcess::Parts {
  SharedMemory input;
  SharedMemory output;
  OwnedFd socket;
  OwnedFd child_socket;
  OwnedFd log;
  OwnedFd child_log;
};

Result<WorkerProcess::Parts> WorkerProcess::make_parts() {
  auto input = make_input_memory(kInputSize);
  if (!input) return std::unexpected(input.error());
  auto output = make_output_memory(kOutputSize);
  if (!output) return std::unexpected(output.error());
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) return refused("socketpair");
  OwnedFd socket(sockets[0]);
  OwnedFd child_socket(sockets[1]);
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) return refused("pipe");
  return Parts{std::move(*input),       std::move(*output), std::move(socket),
               std::move(child_socket), OwnedFd(pipe[0]),   OwnedFd(pipe[1])};
}

WorkerProcess::WorkerProcess(const WorkerServices& use, DeploymentRef deployment, Parts parts)
    : use_(use),
      deployment_(std::move(deployment)),
      input_(std::move(parts.input)),
      output_(std::move(parts.output)),
      socket_(use.executor, parts.socket.release()),
      logs_(LogReader::start(use.executor, std::move(parts.log), deployment_, use.logs, use.clock)),
      life_(std::make_shared<Life>(use.executor)) {}

WorkerProcess::~WorkerProcess() {
  life_->deadline.cancel();
  logs_->close();
}

Task<Result<std::unique_ptr<WorkerProcess>>> WorkerProcess::start(const WorkerServices& use,
                                                                  DeploymentRef deployment, const Kit& kit) {
  auto parts = make_parts();
  if (!parts) co_return std::unexpected(parts.error());
  OwnedFd child_socket = std::move(parts->child_socket);
  OwnedFd child_log = std::move(parts->child_log);
  std::unique_ptr<WorkerProcess> self(new WorkerProcess(use, std::move(deployment), std::move(*parts)));
  if (auto spawned = self->spawn(kit, child_socket.get(), child_log.get()); !spawned) {
    co_return std::unexpected(spawned.error());
  }
  child_socket.reset();
  child_log.reset();
  if (auto loaded = co_await self->load(kit.reach); !loaded) co_return std::unexpected(loaded.error());
  co_return self;
}

Result<void> WorkerProcess::spawn(const Kit& kit, int child_socket, int child_log) {
  ChildSpec spec;
  spec.file = use_.binary;
  spec.arguments = {"shardmill", "worker", std::to_string(getpid())};
  spec.environment = environment_of(deployment_->settings, kit.reach.temp);
  spec.descriptors = {
      -1, child_log, child_log, child_socket, input_.file.get(), output_.file.get(), kit.code.get()};
  auto ended = [executor = use_.executor, watched = std::weak_ptr(life_)](ChildExit exit) {
    boost::asio::post(executor, [watched, exit] {
      if (auto life = watched.lock()) {
        life->exit = exit;
        life->exited.cancel();
      }
    });
  };
  auto child = use_.children.spawn(spec, std::move(ended));
  if (!child) return std::unexpected(child.error());
  life_->child = std::move(*child);
  stat_ = OwnedFd(open(fmt::format("/proc/{}/stat", life_->child->pid()).c_str(), O_RDONLY | O_CLOEXEC));
  input_.file.reset();
  output_.file.reset();
  return {};
}

Task<Result<void>> WorkerProcess::load(const FileReach& reach) {
  std::string texts;
  auto put = [&texts](std::string_view text) {
    Place place{static_cast<std::uint32_t>(texts.size()), static_cast<std::uint32_t>(text.size())};
    texts += text;
    return place;
  };
  LoadFrame frame;
  frame.nonce = use_.random.next();
  frame.memory_bytes = std::uint64_t{deployment_->settings.memory_mb} << 20;
  frame.any_output = use_.any_output ? 1 : 0;
  frame.function = put(deployment_->function);
  frame.version = put(deployment_->version);
  frame.outputs = put(join_lines(deployment_->settings.outputs));
  frame.read_paths = put(join_lines(reach.read));
  frame.write_paths = put(join_lines(reach.write));
  if (texts.size() > kInputSize) co_return fail(Errc::limit_exceeded, "the function's settings are too large");
  std::memcpy(input_.mapping.memory().data(), texts.data(), texts.size());
  send(frame);
  const std::string_view message = co_await receive(use_.init_timeout);
  auto loaded = read_loaded(message, frame.nonce);
  if (loaded) {
    logs_->drain();
    threads_ = count_threads(stat_.get());
    co_return loaded;
  }
  if (loaded.error().code != Errc::internal) {  // it has said itself what is wrong
    co_await wait_for_exit(kEndTimeout);
    logs_->drain();
    co_return loaded;
  }
  Outcome outcome = co_await end(Stage::init, use_.init_timeout, message);
  co_return fail(Errc::invalid, outcome.reason);
}

// Fails with internal if `message` is no answer, else with what the worker says.
Result<void> WorkerProcess::read_loaded(std::string_view message, std::uint64_t nonce) {
  if (message.size() < sizeof loaded_) return fail(Errc::internal, "");
  std::memcpy(&loaded_, message.data(), sizeof loaded_);
  message.remove_prefix(sizeof loaded_);
  if (loaded_.nonce != nonce || message.size() != std::uint64_t{loaded_.type_size} + loaded_.text_size) {
    return fail(Errc::internal, "");
  }
  Tail tail(message);
  const std::string type = tail.take(loaded_.type_size);
  const std::string text = tail.take(loaded_.text_size);
  switch (loaded_.status) {
    case LoadStatus::ok:
      return {};
    case LoadStatus::cannot_load:
      return fail(Errc::invalid, "cannot be loaded: " + text);
    case LoadStatus::wrong_abi:
      return fail(Errc::invalid, text);
    case LoadStatus::init_failed:
      return fail(Errc::invalid, fmt::format("init failed: {}{}{}", type, type.empty() ? "" : ": ", text));
    case LoadStatus::out_of_memory:
      return fail(Errc::invalid, out_of_memory(Stage::init, deployment_->settings.memory_mb).reason);
  }
  return fail(Errc::internal, "");
}

bool WorkerProcess::usable() const {
  return usable_ && !life_->exit;
}

Task<InvocationResult> WorkerProcess::invoke(const Invocation& invocation) {
  InvocationResult result;
  auto frame = encode_invocation(invocation, input_.mapping.memory());
  if (!frame) {
    result.outcome = not_started(frame.error().text);
    co_return result;
  }
  const SteadyTime started = use_.clock.steady();
  frame->nonce = use_.random.next();
  frame->deadline_unix_ms = use_.clock.now().ms + invocation.timeout.count();
  frame->deadline_steady_ns = std::chrono::nanoseconds((started + invocation.timeout).time_since_epoch()).count();
  request_id_ = invocation.request_id;
  logs_->begin(request_id_);
  if (!usable() || !send(*frame)) {
    usable_ = false;
    result.outcome = not_started("the worker had ended");
    co_return result;
  }
  const std::string_view message = co_await receive(invocation.timeout);
  if (read_reply(message, frame->nonce, result)) {
    logs_->drain();
  } else {
    result = {};
    result.outcome = co_await end(Stage::handle, invocation.timeout, message);
  }
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(use_.clock.steady() - started);
  logs_->begin({});
  co_return result;
}

// False if `message` is no valid answer to the question with `nonce`.
bool WorkerProcess::read_reply(std::string_view message, std::uint64_t nonce, InvocationResult& result) {
  ReplyFrame reply;
  if (message.size() < sizeof reply) return false;
  std::memcpy(&reply, message.data(), sizeof reply);
  Tail tail(message.substr(sizeof reply));
  const std::uint64_t tail_size = std::uint64_t{reply.type_size} + reply.text_size + reply.names_size;
  const std::uint64_t response_end = std::uint64_t{reply.response_offset} + reply.response_size;
  if (reply.nonce != nonce || message.size() - sizeof reply != tail_size || response_end > kOutputSize ||
      reply.output_size > kOutputSize - kOutputsOffset || reply.status > ReplyStatus::out_of_memory) {
    return false;
  }
  const std::string type = tail.take(reply.type_size);
  const std::string text = tail.take(reply.text_size);
  check_leftovers(reply);
  if (reply.status != ReplyStatus::ok) {
    usable_ = false;
    result.outcome = reply.status == ReplyStatus::out_of_memory
                         ? out_of_memory(Stage::handle, deployment_->settings.memory_mb)
                         : Outcome{OutcomeKind::error, type, text};
    return true;
  }
  const Bytes memory = output_.mapping.memory();
  result.output_names = split_lines(tail.take(reply.names_size));
  result.outputs = memory.subspan(kOutputsOffset, reply.output_size);
  result.output_count = reply.output_count;
  result.response = as_text(memory.subspan(reply.response_offset, reply.response_size));
  return true;
}

// A thread that runs on could write into the next invocation's outputs: such a worker is not used again.
void WorkerProcess::check_leftovers(const ReplyFrame& reply) {
  const long threads = count_threads(stat_.get());
  std::string problem;
  if (threads > threads_) {
    problem = fmt::format("the handler left {} more threads running than init did", threads - threads_);
  } else if (reply.signal_mask_changed != 0) {
    problem = "the handler left signals blocked";
  } else {
    return;
  }
  logs_->drain();  // what the handler itself said comes first
  warn("worker replaced: " + problem);
  usable_ = false;
  life_->child->kill();
}

void WorkerProcess::warn(std::string text) {
  use_.logs.write({use_.clock.now(), deployment_->function, deployment_->version, request_id_, LogLevel::warn,
                   std::move(text)});
}

Task<Outcome> WorkerProcess::end(Stage stage, std::chrono::milliseconds timeout, std::string_view message) {
  usable_ = false;
  // A worker that dies closes its socket a moment before its end is known. One that wrote something else than an
  // answer is not waited for.
  if (message.empty()) co_await wait_for_exit(kLeaveTimeout);
  Ending ending{stage, life_->deadline_passed, timeout, life_->exit, {}, deployment_->settings.memory_mb};
  const bool wrote_nonsense = !message.empty() && !ending.deadline_passed;
  const std::size_t size = message.size();
  life_->child->kill();
  co_await wait_for_exit(kEndTimeout);
  logs_->drain();
  if (wrote_nonsense) co_return bad_answer(fmt::format("answered with {} bytes that are no reply", size));
  std::memcpy(&ending.last_words, output_.mapping.memory().data(), sizeof ending.last_words);
  co_return outcome_of(ending);
}

Task<void> WorkerProcess::wait_for_exit(std::chrono::milliseconds longest) {
  if (life_->exit) co_return;
  boost::system::error_code ignored;
  life_->exited.expires_after(longest);
  co_await life_->exited.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

Task<void> WorkerProcess::leave() {
  usable_ = false;
  ::shutdown(socket_.native_handle(), SHUT_WR);
  co_await wait_for_exit(kLeaveTimeout);
  life_->child->kill();
  logs_->drain();
}

template <class Frame>
bool WorkerProcess::send(const Frame& frame) {
  ssize_t n = 0;
  do {
    n = ::send(socket_.native_handle(), &frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  return n == sizeof frame;
}

Task<std::string_view> WorkerProcess::receive(std::chrono::milliseconds timeout) {
  life_->deadline.expires_after(timeout);
  life_->deadline.async_wait([watched = std::weak_ptr(life_), call = life_->call](boost::system::error_code error) {
    auto life = watched.lock();
    if (error || !life || life->call != call) return;
    life->deadline_passed = true;
    life->child->kill();
  });
  ssize_t n = 0;
  for (;;) {
    n = ::recv(socket_.native_handle(), message_.data(), message_.size(), MSG_DONTWAIT);
    if (n >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    boost::system::error_code error;
    co_await socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) break;
  }
  ++life_->call;
  life_->deadline.cancel();
  co_return std::string_view(message_.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
}

}  // namespace shardmill::worker
