// Which environment variables a function may have. The rule is one for settings and for `shardmill invoke --env`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shardmill::deploy {

// What is wrong with the name; nothing if it is good. Refused are names that no shell could set, and those by which the
// dynamic loader and the C library load code into a process as it starts: a worker takes its function's variables
// before it has given up its rights.
[[nodiscard]] std::optional<std::string> variable_name_problem(std::string_view name);

}  // namespace shardmill::deploy
