#include "deploy/variable_name.h"

#include <algorithm>

namespace shardmill::deploy {
namespace {

bool is_well_formed(std::string_view name) {
  auto allowed = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, allowed);
}

// All of ld.so(8) begins with LD_ (LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH, ...): whatever comes to it later is refused too.
// GLIBC_TUNABLES changes the loader itself, GCONV_PATH names a folder of libraries that iconv loads.
bool steers_the_loader(std::string_view name) {
  return name.starts_with("LD_") || name == "GLIBC_TUNABLES" || name == "GCONV_PATH";
}

}  // namespace

std::optional<std::string> variable_name_problem(std::string_view name) {
  if (!is_well_formed(name)) return "wanted a name of letters, digits and '_' that does not start with a digit";
  if (steers_the_loader(name)) {
    return "this variable steers the dynamic loader, which would run code in a worker before it has given up its "
           "rights";
  }
  return std::nullopt;
}

}  // namespace shardmill::deploy
