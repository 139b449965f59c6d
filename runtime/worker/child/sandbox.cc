#include "worker/child/sandbox.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <initializer_list>

#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace shardmill::worker::sandbox {

namespace {

#ifdef SHARDMILL_SANITIZED
constexpr bool kCanLimit = false;  // a sanitizer reserves address space that no limit would leave it
#else
constexpr bool kCanLimit = true;
#endif

// The filter allows what it does not name. What it names is refused with EPERM, so that a function can say what it
// was not allowed to do.
class Filter {
 public:
  Filter() : filter_(seccomp_init(SCMP_ACT_ALLOW)) {}
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { seccomp_release(filter_); }

  void refuse(std::initializer_list<int> calls) {
    for (int call : calls) add(EPERM, call, {});
  }
  void refuse_when(int call, std::initializer_list<scmp_arg_cmp> arguments) { add(EPERM, call, arguments); }
  void hide(int call) { add(ENOSYS, call, {}); }
  bool load() { return good_ && seccomp_load(filter_) == 0; }

 private:
  void add(int error, int call, std::initializer_list<scmp_arg_cmp> arguments) {
    if (call < 0) return;  // not a call of this machine
    good_ = good_ && seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call,
                                            static_cast<unsigned>(arguments.size()), arguments.begin()) == 0;
  }

  scmp_filter_ctx filter_;
  bool good_ = true;
};

// Other processes: making them, becoming them, signalling and inspecting them.
void keep_to_itself(Filter& filter) {
  const auto self = static_cast<scmp_datum_t>(getpid());
  filter.refuse({SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(execve), SCMP_SYS(execveat)});
  filter.refuse_when(SCMP_SYS(clone), {SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)});
  filter.hide(SCMP_SYS(clone3));  // its flags cannot be seen by a filter; the C library falls back to clone
  filter.refuse({SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
                 SCMP_SYS(pidfd_send_signal), SCMP_SYS(pidfd_getfd), SCMP_SYS(process_madvise)});
  for (int call : {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo)}) {
    filter.refuse_when(call, {SCMP_A0(SCMP_CMP_NE, self, 0)});
  }
  filter.refuse({SCMP_SYS(tkill)});
}

// What would undo the bond to the parent or the limits: the system forgets the first when the user id changes.
void keep_bonds(Filter& filter) {
  for (int option : {PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_PTRACER, PR_SET_CHILD_SUBREAPER}) {
    filter.refuse_when(SCMP_SYS(prctl), {SCMP_A0_32(SCMP_CMP_EQ, static_cast<scmp_datum_t>(option), 0)});
  }
  filter.refuse({SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
                 SCMP_SYS(setresgid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(setrlimit)});
  filter.refuse_when(SCMP_SYS(prlimit64), {SCMP_A2(SCMP_CMP_NE, 0, 0)});
}

// Ways into the kernel that no handler needs.
void keep_out(Filter& filter) {
  filter.refuse({SCMP_SYS(unshare),      SCMP_SYS(setns),           SCMP_SYS(mount),
                 SCMP_SYS(umount2),      SCMP_SYS(pivot_root),      SCMP_SYS(chroot),
                 SCMP_SYS(reboot),       SCMP_SYS(kexec_load),      SCMP_SYS(kexec_file_load),
                 SCMP_SYS(init_module),  SCMP_SYS(finit_module),    SCMP_SYS(delete_module),
                 SCMP_SYS(bpf),          SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
                 SCMP_SYS(swapon),       SCMP_SYS(swapoff),         SCMP_SYS(acct),
                 SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),   SCMP_SYS(open_by_handle_at)});
}

bool filter_system_calls() {
  Filter filter;
  keep_to_itself(filter);
  keep_bonds(filter);
  keep_out(filter);
  return filter.load();
}

bool limit(__rlimit_resource resource, rlim_t value) {
  rlimit wanted{value, value};
  return setrlimit(resource, &wanted) == 0;
}

// Pages of address space and of private writable memory in use; false if the system does not say.
bool read_usage(std::uint64_t& address_space, std::uint64_t& data) {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return false;
  unsigned long total = 0;
  unsigned long private_data = 0;
  int got = std::fscanf(file, "%lu %*u %*u %*u %*u %lu", &total, &private_data);
  std::fclose(file);
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  address_space = total * page;
  data = private_data * page;
  return got == 2;
}

}  // namespace

bool die_with_parent(int parent_pid) {
  return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent_pid;
}

void close_other_descriptors() {
  syscall(SYS_close_range, static_cast<unsigned>(kFirstClosedFd), ~0U, 0U);
}

std::uint32_t give_up_rights() {
  std::uint32_t missing = 0;
  limit(RLIMIT_CORE, 0);
  prctl(PR_SET_DUMPABLE, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) missing |= kNoNewPrivileges;
  if (!filter_system_calls()) missing |= kSystemCallFilter;
  return missing;
}

std::uint32_t limit_memory(std::uint64_t bytes) {
  if (bytes == 0) return 0;
  if (!kCanLimit) return kMemoryLimit;
  mallopt(M_ARENA_MAX, 4);  // each arena reserves address space, however little of it is used
  std::uint64_t address_space = 0;
  std::uint64_t data = 0;
  if (!read_usage(address_space, data)) return kMemoryLimit;
  // Private memory is bounded exactly. Address space bounds shared mappings, and has room for what is only reserved.
  constexpr std::uint64_t kReserved = std::uint64_t{2} << 30;
  const bool limited = limit(RLIMIT_DATA, data + bytes) && limit(RLIMIT_AS, address_space + 2 * bytes + kReserved);
  return limited ? 0U : std::uint32_t{kMemoryLimit};
}

}  // namespace shardmill::worker::sandbox
