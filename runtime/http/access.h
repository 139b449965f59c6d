// Who may talk to a runtime that listens on loopback: programs on this machine, but no web page. A page in a local
// browser could reach the port by its own name made to resolve to 127.0.0.1 (DNS rebinding), which the Host header
// gives away, or by a plain cross-site request, which the Origin header gives away. Pure rules.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace shardmill::http {

// Without port and brackets: "localhost:4566" -> "localhost", "[::1]:4566" -> "::1".
[[nodiscard]] std::string_view host_name(std::string_view host_header);

// localhost, any name below .localhost, 127.0.0.0/8, ::1, or one of `extra`. Ignores case and one trailing dot.
[[nodiscard]] bool is_local_host(std::string_view name, std::span<const std::string> extra);

// Whether an Origin header names a local page: http or https on a local host. "null" does not.
[[nodiscard]] bool is_local_origin(std::string_view origin, std::span<const std::string> extra);

}  // namespace shardmill::http
