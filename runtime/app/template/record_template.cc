#include "app/template/record_template.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "app/terminal.h"
#include "base/nearest.h"

namespace shardmill::app {
namespace {

using nlohmann::json;

// What stands between {{ and }}.
struct Inside {
  std::string_view name;
  std::string_view argument;  // between the parentheses, blanks trimmed; empty: none
  std::size_t length = 0;     // of all of it, with the braces
};

std::string_view trim(std::string_view text) {
  auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Where the parenthesis at the start of `text` is closed; brackets inside JSON strings do not count.
std::optional<std::size_t> closing(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return i;
  }
  return std::nullopt;
}

std::optional<Inside> read_inside(std::string_view text) {
  Inside inside;
  std::size_t end = text.find_first_of("(}", 2);
  if (end == std::string_view::npos) return std::nullopt;
  inside.name = trim(text.substr(2, end - 2));
  if (text[end] == '(') {
    std::optional<std::size_t> close = closing(text.substr(end));
    if (!close) return std::nullopt;
    inside.argument = trim(text.substr(end + 1, *close - 1));
    end += *close + 1;
  }
  end = std::min(text.find_first_not_of(" \t\r\n", end), text.size());
  if (!text.substr(end).starts_with("}}")) return std::nullopt;
  inside.length = end + 2;
  return inside;
}

std::string place_of(std::string_view text, std::size_t at) {
  std::string_view before = text.substr(0, at);
  auto line = 1 + std::ranges::count(before, '\n');
  std::size_t column = at - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", line, column);
}

Result<Filler> filler_of(const Inside& inside) {
  std::vector<std::string> names;
  for (const Placeholder& placeholder : placeholders()) names.emplace_back(placeholder.name);
  auto known = std::ranges::find(placeholders(), inside.name, &Placeholder::name);
  if (known == placeholders().end()) {
    return fail(Errc::invalid, fmt::format("there is no placeholder \"{}\"{}", printable(inside.name),
                                           did_you_mean(inside.name, names)));
  }
  json argument = inside.argument.empty() ? json() : json::parse(inside.argument, nullptr, false);
  if (argument.is_discarded()) {
    return fail(Errc::invalid,
                fmt::format("{}: the argument is not JSON: {}", inside.name, printable(inside.argument)));
  }
  Result<Filler> filler = known->make(argument);
  if (!filler) return fail(Errc::invalid, fmt::format("{}: {}", inside.name, filler.error().text));
  return filler;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::erase_if(line, [](char c) { return c == '\n' || c == '\r'; });
  return line;
}

}  // namespace

Result<RecordTemplate> RecordTemplate::parse(std::string_view text) {
  RecordTemplate result;
  std::string_view trimmed = trim(text);
  if (trimmed.empty()) return fail(Errc::invalid, "the template is empty");
  std::size_t skipped = static_cast<std::size_t>(trimmed.data() - text.data());
  for (std::size_t at = 0; at < trimmed.size();) {
    std::size_t open = trimmed.find("{{", at);
    if (open > at) result.parts_.emplace_back(one_line(trimmed.substr(at, open - at)));
    if (open == std::string_view::npos) break;
    auto refuse = [&](std::string_view why) {
      return fail(Errc::invalid, fmt::format("{}: {}", place_of(text, skipped + open), why));
    };
    // "{{{" opens an object and then a placeholder: the brace that belongs to the text comes first.
    if (trimmed.substr(open).starts_with("{{{")) {
      result.parts_.emplace_back("{");
      at = open + 1;
      continue;
    }
    std::optional<Inside> inside = read_inside(trimmed.substr(open));
    if (!inside) return refuse("the {{ here is not closed by }}");
    Result<Filler> filler = filler_of(*inside);
    if (!filler) return refuse(filler.error().text);
    result.parts_.emplace_back(std::move(*filler));
    at = open + inside->length;
  }
  return result;
}

std::string RecordTemplate::fill(Dice& dice, const RecordMoment& moment) const {
  std::string record;
  for (const auto& part : parts_) {
    if (const auto* text = std::get_if<std::string>(&part))
      record += *text;
    else
      std::get<Filler>(part)(record, dice, moment);
  }
  return record;
}

}  // namespace shardmill::app
