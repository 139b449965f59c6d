#include "base/settings_tree.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace shardmill {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLargestFile = 1U << 20U;
constexpr std::size_t kDeepest = 32;

// Builds the tree from the parser's events; the path of a value is known all the time.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(std::string_view text, SettingsProblems& problems) : text_(text), problems_(problems) {}

  bool null() override { return put(Json(nullptr)); }
  bool boolean(bool value) override { return put(Json(value)); }
  bool number_integer(number_integer_t value) override { return put(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return put(Json(value)); }
  bool number_float(number_float_t value, const string_t&) override { return put(Json(value)); }
  bool string(string_t& value) override { return put(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (levels_.back().value.contains(name)) {
      problems_.add(path_below(path(), name), "is there twice; which one is meant?");
    }
    levels_.back().key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override;

  Json take() { return std::move(root_); }

 private:
  struct Level {
    Json value;  // object or array
    std::string key;
  };

  [[nodiscard]] std::string path() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Level& level = levels_[i];
      text = level.value.is_array() ? fmt::format("{}[{}]", text, level.value.size()) : path_below(text, level.key);
    }
    return text;
  }
  bool open(Json value) {
    levels_.push_back({std::move(value), {}});
    if (levels_.size() <= kDeepest) return true;
    problems_.add("", fmt::format("nests deeper than {} levels", kDeepest));
    return false;
  }
  bool close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    return put(std::move(value));
  }
  bool put(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
    } else if (levels_.back().value.is_array()) {
      levels_.back().value.push_back(std::move(value));
    } else {
      levels_.back().value[levels_.back().key] = std::move(value);
    }
    return true;
  }

  std::string_view text_;
  SettingsProblems& problems_;
  std::vector<Level> levels_;
  Json root_;
};

// "[json.exception.parse_error.101] parse error at line 1, column 2: what is wrong; last read: '...'; expected x"
// without what stands elsewhere.
std::string plain_words(std::string_view what) {
  std::size_t place = what.find("parse error at line");
  std::size_t colon = place == std::string_view::npos ? place : what.find(": ", place);
  if (colon != std::string_view::npos) what.remove_prefix(colon + 2);
  std::size_t read = what.find("; last read: '");
  if (read == std::string_view::npos) return std::string(what);
  std::size_t expected = what.rfind("; expected");
  std::string words(what.substr(0, read));
  if (expected != std::string_view::npos && expected > read) words += what.substr(expected);
  return words;
}

bool TreeBuilder::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
  std::string_view before = text_.substr(0, position == 0 ? 0 : std::min(position - 1, text_.size()));
  auto line = std::ranges::count(before, '\n') + 1;
  std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  std::string where = path();
  problems_.add("", fmt::format("line {}, column {}{}: {}", line, before.size() - line_start + 1,
                                where.empty() ? "" : " (in " + where + ")", plain_words(error.what())));
  return false;
}

bool is_plain(std::string_view key) {
  auto plain = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
  };
  return !key.empty() && key.size() <= 64 && std::ranges::all_of(key, plain);
}

}  // namespace

std::string path_below(const std::string& path, std::string_view key) {
  if (is_plain(key)) return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  return fmt::format("{}[{}]", path, in_quotes(key));
}

Json parse_settings_tree(std::string_view text, SettingsProblems& problems) {
  if (text.size() > kLargestFile) {
    problems.add("",
                 fmt::format("found {} bytes, wanted at most {}", grouped(static_cast<std::int64_t>(text.size())),
                             grouped(static_cast<std::int64_t>(kLargestFile))));
    return Json::object();
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Json::object();
  TreeBuilder builder(text, problems);
  bool good = Json::sax_parse(text, &builder, Json::input_format_t::json, true, true);
  return good ? builder.take() : Json::object();
}

}  // namespace shardmill
