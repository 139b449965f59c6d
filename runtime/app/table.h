// Columns for people: aligned by what the eye sees, numbers to the right, no lines drawn.
#pragma once

#include <string>
#include <vector>

#include "app/terminal.h"

namespace shardmill::app {

struct Cell {
  std::string text;
  Tone tone = Tone::plain;

  Cell(std::string plain) : text(std::move(plain)) {}  // NOLINT: a cell is a text with manners
  Cell(const char* plain) : text(plain) {}             // NOLINT
  Cell(std::string toned, Tone with) : text(std::move(toned)), tone(with) {}
};

struct Column {
  std::string title;
  bool right = false;  // for numbers
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. Control characters are shown escaped.
  void add(std::vector<Cell> row);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Every line ends in a newline and has no spaces before it.
  [[nodiscard]] std::string text(bool coloured) const;
  // To stdout, in colours if they are welcome there.
  void print() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace shardmill::app
