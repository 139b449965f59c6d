// How streams are named: `clicks`, or `arn:aws:kinesis:us-east-1:000000000000:stream/clicks`.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace shardmill {

// 1 to 128 letters, digits, '_', '.' and '-'.
[[nodiscard]] inline bool is_stream_name(std::string_view text) {
  auto allowed = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '.' || letter == '-';
  };
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, allowed);
}

// The name in a name or a stream's ARN, of whatever region and account: settings copied from elsewhere work here.
// Nothing if it is neither.
[[nodiscard]] inline std::optional<std::string> stream_name_of(std::string_view name_or_arn) {
  if (name_or_arn.starts_with("arn:") && name_or_arn.find(":kinesis:") != std::string_view::npos) {
    std::size_t slash = name_or_arn.find(":stream/");
    if (slash == std::string_view::npos) return std::nullopt;
    name_or_arn.remove_prefix(slash + std::string_view(":stream/").size());
  }
  if (!is_stream_name(name_or_arn)) return std::nullopt;
  return std::string(name_or_arn);
}

}  // namespace shardmill
