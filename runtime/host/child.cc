#include "host/child.h"

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace shardmill::host {

namespace {

std::string words_of(int error) {
  return std::generic_category().message(error);
}

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<uv_stdio_container_t> stdio_of(const std::vector<int>& descriptors) {
  std::vector<uv_stdio_container_t> containers(descriptors.size());
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    containers[i].flags = descriptors[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
    containers[i].data.fd = descriptors[i];
  }
  return containers;
}

// Libraries open descriptors without O_CLOEXEC; what is open now must not reach the child.
void close_others_on_exec() {
  syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
}

}  // namespace

Result<std::shared_ptr<ProcessHandle>> ProcessHandle::open(int pid) {
  auto pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) return fail(Errc::io, "pidfd_open: " + words_of(errno));
  return std::shared_ptr<ProcessHandle>(new ProcessHandle(pidfd));
}

ProcessHandle::~ProcessHandle() {
  ::close(pidfd_);
}

void ProcessHandle::kill() {
  syscall(SYS_pidfd_send_signal, pidfd_, SIGKILL, nullptr, 0);
}

Result<RunningChild*> RunningChild::spawn(uv_loop_t* loop, const ChildSpec& spec,
                                          std::function<void(ChildExit)> ended, std::set<RunningChild*>& running) {
  std::unique_ptr<RunningChild> self(new RunningChild(std::move(ended), running));
  std::vector<char*> arguments = c_strings(spec.arguments);
  std::vector<char*> environment = c_strings(spec.environment);
  std::vector<uv_stdio_container_t> stdio = stdio_of(spec.descriptors);
  uv_process_options_t options{};
  options.file = spec.file.c_str();
  options.args = arguments.data();
  options.env = environment.data();
  options.stdio = stdio.data();
  options.stdio_count = static_cast<int>(stdio.size());
  options.flags = UV_PROCESS_DETACHED;  // a session of its own: the terminal's Ctrl-C is for the runtime only
  options.exit_cb = [](uv_process_t* process, std::int64_t code, int signal) {
    auto* child = static_cast<RunningChild*>(process->data);
    child->ended_({static_cast<int>(code), signal});
    child->close();
  };
  self->process_.data = self.get();
  close_others_on_exec();
  RunningChild* child = self.release();  // libuv holds it until its close callback
  int error = uv_spawn(loop, &child->process_, &options);
  if (error != 0) {
    child->close();
    return fail(Errc::io, "cannot start " + spec.file + ": " + uv_strerror(error));
  }
  running.insert(child);
  auto handle = ProcessHandle::open(child->process_.pid);
  if (!handle) {
    child->ended_ = [](ChildExit) {};
    uv_process_kill(&child->process_, SIGKILL);
    return std::unexpected(handle.error());
  }
  child->handle_ = *handle;
  return child;
}

void RunningChild::close() {
  running_.erase(this);
  uv_close(reinterpret_cast<uv_handle_t*>(&process_),
           [](uv_handle_t* handle) { delete static_cast<RunningChild*>(handle->data); });
}

}  // namespace shardmill::host
