#include "worker/child/child_main.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "worker/child/file_access.h"
#include "worker/child/last_words.h"
#include "worker/child/sandbox.h"
#include "worker/function_host.h"
#include "worker/memory_file.h"
#include "worker/protocol.h"

namespace shardmill::worker {

namespace {

constexpr int kNotForPeople = 2;

// A line of ctx.log, in one write so that it does not mix with others.
void write_log(std::int32_t level, std::string_view text) {
  constexpr std::size_t kMaxText = 16 * kMaxLogLine;
  std::string lines;
  text = text.substr(0, kMaxText);
  do {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines += kLogMark;
    lines += static_cast<char>('0' + (level < 0 ? 0 : level > 3 ? 3 : level));
    lines += text.substr(0, end);
    lines += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  } while (!text.empty());
  for (std::string_view rest = lines; !rest.empty();) {
    const ssize_t n = write(STDOUT_FILENO, rest.data(), rest.size());
    if (n < 0 && errno != EINTR) return;
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

// The next frame; false when the runtime has closed its end, or at anything that is no frame.
template <class Frame>
bool receive(Frame& frame) {
  ssize_t n = 0;
  do {
    n = recv(kSocketFd, &frame, sizeof frame, 0);
  } while (n < 0 && errno == EINTR);
  return n == sizeof frame;
}

// False when the function has closed the socket.
template <class Frame>
bool send_frame(const Frame& frame, std::initializer_list<std::string_view> texts) {
  std::array<iovec, 4> parts{};
  std::size_t count = 0;
  parts[count++] = {const_cast<Frame*>(&frame), sizeof frame};
  for (std::string_view text : texts) parts[count++] = {const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  ssize_t n = 0;
  do {
    n = sendmsg(kSocketFd, &message, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n >= 0;
}

// The loader names the file by the descriptor it came through; people know it by the function's name.
std::string loader_words(const std::string& function) {
  const char* words = dlerror();
  std::string text = words != nullptr ? words : "unknown error";
  const std::string path = "/proc/self/fd/" + std::to_string(kCodeFd);
  for (std::size_t at = 0; (at = text.find(path)) != std::string::npos;) {
    text.replace(at, path.size(), function + ".so");
  }
  return text;
}

class Worker {
 public:
  // Null if the memory cannot be mapped.
  static std::unique_ptr<Worker> create() {
    auto input = map_shared(kInputFd, kInputSize, false);
    auto output = map_shared(kOutputFd, kOutputSize, true);
    if (!input || !output) return nullptr;
    return std::unique_ptr<Worker>(new Worker(std::move(*input), std::move(*output)));
  }

  // False if the function cannot be used; the runtime has been told why.
  bool load() {
    LoadFrame frame;
    if (!receive(frame)) return false;
    FunctionIdentity identity{std::string(text(frame.function)), std::string(text(frame.version)),
                              split_lines(text(frame.outputs)), frame.any_output != 0};
    names_wanted_ = identity.any_output;
    LoadedFrame loaded;
    loaded.nonce = frame.nonce;
    loaded.missing = sandbox::limit_memory(frame.memory_bytes);
    loaded.missing |= sandbox::give_up_rights();
    loaded.missing |=
        sandbox::limit_files(split_lines(text(frame.read_paths)), split_lines(text(frame.write_paths)));
    reset_last_words();
    std::string type;
    std::string words;
    loaded.status = load_function(std::move(identity), loaded.event_kinds, type, words);
    close(kCodeFd);
    std::fflush(nullptr);
    remember_signal_mask();
    loaded.type_size = static_cast<std::uint32_t>(type.size());
    loaded.text_size = static_cast<std::uint32_t>(words.size());
    send_frame(loaded, {type, words});
    return loaded.status == LoadStatus::ok;
  }

  // Returns when the runtime wants no more.
  void serve() {
    for (InvokeFrame frame; receive(frame);) {
      if (answer(frame)) continue;
      reinterpret_cast<LastWords*>(output_.memory().data())->word = LastWord::connection_lost;
      return;
    }
    host_->destroy();
  }

 private:
  Worker(Mapping input, Mapping output) : input_(std::move(input)), output_(std::move(output)) {
    install_last_words(*reinterpret_cast<LastWords*>(output_.memory().data()), input_.memory());
  }

  std::string_view text(Place place) const {
    return {reinterpret_cast<const char*>(input_.memory().data()) + place.offset, place.size};
  }

  LoadStatus load_function(FunctionIdentity identity, std::uint64_t& kinds, std::string& type, std::string& words) {
    const std::string path = "/proc/self/fd/" + std::to_string(kCodeFd);
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      words = loader_words(identity.function);
      return LoadStatus::cannot_load;
    }
    auto* table = static_cast<const shardmill_function_table*>(dlsym(library, "shardmill_function"));
    if (auto good = check_table(table); !good) {
      words = good.error().text;
      return LoadStatus::wrong_abi;
    }
    kinds = table->event_kinds;
    host_.emplace(std::move(identity), *table, output_.memory(), write_log);
    CallReport report = host_->init();
    type = std::move(report.error_type);
    words = std::move(report.error_text);
    if (report.status == ReplyStatus::out_of_memory) return LoadStatus::out_of_memory;
    return report.status == ReplyStatus::ok ? LoadStatus::ok : LoadStatus::init_failed;
  }

  bool answer(const InvokeFrame& frame) {
    reset_last_words();
    CallReport report = host_->handle(frame, input_.memory().data());
    std::fflush(stdout);
    ReplyFrame reply;
    reply.nonce = frame.nonce;
    reply.status = report.status;
    reply.output_count = report.output_count;
    reply.output_size = report.output_size;
    reply.response_offset = report.response.offset;
    reply.response_size = report.response.size;
    reply.signal_mask_changed = signal_mask_changed() ? 1 : 0;
    reply.type_size = static_cast<std::uint32_t>(report.error_type.size());
    reply.text_size = static_cast<std::uint32_t>(report.error_text.size());
    const std::string names = names_wanted_ ? join_lines(host_->outputs()) : std::string();
    reply.names_size = static_cast<std::uint32_t>(names.size());
    return send_frame(reply, {report.error_type, report.error_text, names});
  }

  void remember_signal_mask() { pthread_sigmask(SIG_BLOCK, nullptr, &mask_); }
  bool signal_mask_changed() const {
    sigset_t now;
    sigemptyset(&now);
    pthread_sigmask(SIG_BLOCK, nullptr, &now);
    for (int signal = 1; signal < SIGRTMAX; ++signal) {
      if (sigismember(&now, signal) != sigismember(&mask_, signal)) return true;
    }
    return false;
  }

  Mapping input_;
  Mapping output_;
  std::optional<FunctionHost> host_;
  bool names_wanted_ = false;
  sigset_t mask_{};
};

}  // namespace

int child_main(int argc, char** argv) {
  if (argc != 3 || !sandbox::die_with_parent(std::atoi(argv[2]))) {
    std::fputs("shardmill worker is started by the runtime, not by people\n", stderr);
    return kNotForPeople;
  }
  sandbox::close_other_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a connection that a function has open and loses is an error, not the end
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::unique_ptr<Worker> worker = Worker::create();
  if (worker == nullptr || !worker->load()) return kNotForPeople;
  worker->serve();
  return 0;
}

}  // namespace shardmill::worker
