#include "app/put/progress.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "app/terminal.h"

namespace shardmill::app {
namespace {

constexpr std::size_t kBarColumns = 24;

std::string bar(double fraction) {
  auto full = static_cast<std::size_t>(fraction * static_cast<double>(kBarColumns));
  std::string text(full, '=');
  if (full < kBarColumns) text += '>';
  text.resize(kBarColumns, ' ');
  return "[" + text + "]";
}

}  // namespace

std::string progress_line(const PutCounts& counts, std::chrono::milliseconds elapsed,
                          std::optional<double> fraction, std::size_t columns) {
  double seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
  auto rate = static_cast<std::uint64_t>(static_cast<double>(counts.records) / seconds);
  std::string line = fmt::format("{} records  {}/s", grouped(counts.records), grouped(rate));
  if (fraction) {
    line = fmt::format("{} {:3.0f} %  {}", bar(*fraction), *fraction * 100, line);
    if (*fraction > 0.01 && *fraction < 1) {
      auto left = static_cast<std::int64_t>(static_cast<double>(elapsed.count()) * (1 - *fraction) / *fraction);
      line += fmt::format("  {} left", human_duration(left));
    }
  }
  if (counts.retried > 0) line += fmt::format("  {} sent again", grouped(counts.retried));
  return line.substr(0, columns);
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits{"KB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace shardmill::app
