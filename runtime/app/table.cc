#include "app/table.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace shardmill::app {
namespace {

constexpr std::string_view kGap = "  ";

void add_cell(std::string& line, const Cell& cell, std::size_t width, bool right, bool coloured) {
  std::string padding(width - display_width(cell.text), ' ');
  std::string text = paint(cell.text, cell.tone, coloured);
  line += right ? padding + text : text + padding;
}

void end_line(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::string Table::text(bool coloured) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i].text));
    widths.push_back(width);
  }
  std::string text;
  auto add_row = [&](auto cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += kGap;
      add_cell(line, cell_of(i), widths[i], columns_[i].right, coloured);
    }
    end_line(text, std::move(line));
  };
  add_row([&](std::size_t i) { return Cell(columns_[i].title, Tone::strong); });
  for (const auto& row : rows_) add_row([&](std::size_t i) -> const Cell& { return row[i]; });
  return text;
}

void Table::print() const {
  fmt::print("{}", text(use_colour()));
}

}  // namespace shardmill::app
