// What the admin service shows, as JSON. Times are milliseconds since 1970.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "http/admin/source.h"

namespace shardmill::http::admin {

[[nodiscard]] nlohmann::ordered_json json_of(const ServerStatus& server);
[[nodiscard]] nlohmann::ordered_json json_of(const FunctionStatus& function);
[[nodiscard]] nlohmann::ordered_json json_of(const LogPage& page);

}  // namespace shardmill::http::admin
