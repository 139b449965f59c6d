#include "http/access.h"

#include <algorithm>
#include <charconv>

#include "http/message.h"

namespace shardmill::http {
namespace {

// Four dotted decimal numbers with 127 first.
bool is_loopback_v4(std::string_view text) {
  int parts = 0;
  while (parts < 4) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > 255 || (parts == 0 && value != 127)) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    ++parts;
    if (parts == 4) break;
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
  }
  return text.empty();
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

}  // namespace

std::string_view host_name(std::string_view host_header) {
  if (host_header.starts_with('[')) return host_header.substr(1, host_header.find(']') - 1);
  return host_header.substr(0, host_header.find(':'));
}

bool is_local_host(std::string_view name, std::span<const std::string> extra) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (equal_ignoring_case(name, "localhost") || ends_with_ignoring_case(name, ".localhost")) return true;
  if (name == "::1" || is_loopback_v4(name)) return true;
  return std::ranges::any_of(extra, [&](const std::string& known) { return equal_ignoring_case(name, known); });
}

bool is_local_origin(std::string_view origin, std::span<const std::string> extra) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return is_local_host(host_name(origin.substr(scheme.size())), extra);
  }
  return false;
}

}  // namespace shardmill::http
