// What the commands ask the server's admin service about functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/client.h"
#include "base/result.h"

namespace shardmill::app {

// GET /_shardmill/<what>. A refusal is an error with the server's sentence; not_found for 404.
[[nodiscard]] Result<nlohmann::json> admin_get(Client& client, std::string_view what);

// "there is no function "helo"; did you mean "hello"?"
[[nodiscard]] Error no_such_function(Client& client, const std::string& name);

// One function's details. not_found as above, invalid for what cannot be a name.
[[nodiscard]] Result<nlohmann::json> get_function(Client& client, const std::string& name);

// The table of `status` and `function list`, and what is wrong with functions below it, in full.
void print_functions(const nlohmann::json& functions);

}  // namespace shardmill::app
