// Any bytes at all must be judged, each with a reason unless they are good.
#include <cstdlib>

#include "deploy/elf_judge.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  shardmill::deploy::ElfVerdict verdict =
      shardmill::deploy::judge_elf({reinterpret_cast<const std::byte*>(data), size});
  bool good = verdict.kind == shardmill::deploy::ElfVerdict::Kind::good;
  if (good != verdict.reason.empty()) std::abort();
  return 0;
}
