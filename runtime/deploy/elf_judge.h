// Judges a .so by its bytes, before any of its code runs: is it a shared library for this machine that speaks our ABI?
//
// Pure, and safe on any bytes whatever: every size and offset is checked against the file before it is used.
#pragma once

#include <string>

#include "base/bytes.h"

namespace shardmill::deploy {

struct ElfVerdict {
  enum class Kind {
    good,
    incomplete,  // what there is fits, but the file says that there is more: it may still be being copied
    wrong,
  };
  Kind kind = Kind::good;
  std::string reason;  // found and wanted, to be put behind the file's name; empty when good
};

[[nodiscard]] ElfVerdict judge_elf(Bytes file);

}  // namespace shardmill::deploy
