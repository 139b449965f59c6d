#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "app/template/placeholders.h"

namespace shardmill::app {
namespace {

struct Parts {
  std::tm day{};
  std::int64_t ms = 0;
  std::int64_t milliseconds = 0;
};

std::string offset_of(const std::tm& day) {
  long minutes = day.tm_gmtoff / 60;
  char sign = minutes < 0 ? '-' : '+';
  if (minutes < 0) minutes = -minutes;
  return fmt::format("{}{:02}:{:02}", sign, minutes / 60, minutes % 60);
}

struct Token {
  std::string_view text;
  std::string (*write)(const Parts& parts);
};

// The longer of two tokens that start alike comes first.
constexpr std::array<Token, 11> kTokens{{
    {"YYYY", [](const Parts& p) { return fmt::format("{:04}", p.day.tm_year + 1900); }},
    {"YY", [](const Parts& p) { return fmt::format("{:02}", p.day.tm_year % 100); }},
    {"MM", [](const Parts& p) { return fmt::format("{:02}", p.day.tm_mon + 1); }},
    {"DD", [](const Parts& p) { return fmt::format("{:02}", p.day.tm_mday); }},
    {"HH", [](const Parts& p) { return fmt::format("{:02}", p.day.tm_hour); }},
    {"mm", [](const Parts& p) { return fmt::format("{:02}", p.day.tm_min); }},
    {"ss", [](const Parts& p) { return fmt::format("{:02}", p.day.tm_sec); }},
    {"SSS", [](const Parts& p) { return fmt::format("{:03}", p.milliseconds); }},
    {"Z", [](const Parts& p) { return offset_of(p.day); }},
    {"X", [](const Parts& p) { return std::to_string(p.ms / 1000); }},
    {"x", [](const Parts& p) { return std::to_string(p.ms); }},
}};

}  // namespace

std::string format_moment(WallTime time, std::string_view format, bool utc) {
  Parts parts{.ms = time.ms, .milliseconds = time.ms % 1000};
  std::time_t seconds = time.ms / 1000;
  if (utc)
    gmtime_r(&seconds, &parts.day);
  else
    localtime_r(&seconds, &parts.day);
  std::string text;
  while (!format.empty()) {
    if (format.front() == '[') {
      std::size_t end = format.find(']');
      text += format.substr(1, end == std::string_view::npos ? end : end - 1);
      format.remove_prefix(end == std::string_view::npos ? format.size() : end + 1);
      continue;
    }
    auto token =
        std::find_if(kTokens.begin(), kTokens.end(), [&](const Token& t) { return format.starts_with(t.text); });
    text += token == kTokens.end() ? std::string(1, format.front()) : token->write(parts);
    format.remove_prefix(token == kTokens.end() ? 1 : token->text.size());
  }
  return text;
}

}  // namespace shardmill::app
