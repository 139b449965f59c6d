#include "worker/child/last_words.h"

#include <cerrno>
#include <cstdint>
#include <new>

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

namespace shardmill::worker {

namespace {

// Set once before the handlers are installed: a signal handler has no other way to get at it.
struct Scene {
  LastWords* words = nullptr;
  std::uintptr_t input_start = 0;
  std::uintptr_t input_end = 0;
  std::uintptr_t stack_low = 0;  // lowest address that the stack may grow to
  std::uintptr_t stack_high = 0;
};
Scene scene;

constexpr std::uintptr_t kNullPage = 64 * 1024;
constexpr std::uintptr_t kGuard = 1024 * 1024;  // frames may jump this far past the stack's end

LastWord word_for(int signal, std::uintptr_t address) {
  if (signal != SIGSEGV && signal != SIGBUS) return LastWord::none;
  if (address < kNullPage) return LastWord::null_pointer;
  if (address >= scene.input_start && address < scene.input_end) return LastWord::read_only_batch;
  if (address >= scene.stack_low - kGuard && address < scene.stack_high) return LastWord::stack_overflow;
  return LastWord::none;
}

// Runs on its own stack, notes what happened and returns: the fault repeats and kills the process as it would have.
void note(int signal, siginfo_t* info, void*) {
  scene.words->word = word_for(signal, reinterpret_cast<std::uintptr_t>(info->si_addr));
  // Nobody has called anything that sets errno since: the pointer that is used comes from an allocation that failed.
  if (errno == ENOMEM) scene.words->memory_refused = 1;
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  sigaction(signal, &usual, nullptr);
  if (info->si_code <= 0) raise(signal);  // sent, not a fault: it would not repeat
}

[[noreturn]] void refuse_memory() {
  scene.words->memory_refused = 1;
  throw std::bad_alloc();
}

void find_stack() {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  rlimit size{};
  getrlimit(RLIMIT_STACK, &size);
  const std::uintptr_t most = size.rlim_cur == RLIM_INFINITY ? std::uintptr_t{8} << 20 : size.rlim_cur;
  scene.stack_high = here + kGuard;
  scene.stack_low = here - most;
}

}  // namespace

void install_last_words(LastWords& words, std::span<const std::byte> input) {
  scene.words = &words;
  scene.input_start = reinterpret_cast<std::uintptr_t>(input.data());
  scene.input_end = scene.input_start + input.size();
  find_stack();
  constexpr std::size_t kStackSize = 64 * 1024;
  void* stack = mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return;
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = kStackSize;
  sigaltstack(&alternate, nullptr);
  struct sigaction action{};
  action.sa_sigaction = note;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP}) sigaction(signal, &action, nullptr);
  std::set_new_handler(refuse_memory);
}

void reset_last_words() {
  *scene.words = {};
  errno = 0;
}

}  // namespace shardmill::worker
