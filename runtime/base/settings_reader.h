// Reads settings files: JSON with comments, and a reader that finds everything wrong with a file in one go. Each
// problem is one line that starts with the path of the value in the file and says what was found and what was
// wanted:
//
//   Triggers[0].BatchSize: found "abc" (string), wanted a number from 1 to 10,000
//   Triggers[0]: "BatchSiz" is not known here; did you mean "BatchSize"?
//
// A reader goes through the keys it knows, each with a default already in its target, and calls finish(), which
// refuses all keys that were not asked for. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace shardmill {

// Everything that is wrong with one file, in the order it was found. No problems: the file is good.
class SettingsProblems {
 public:
  // `path` is empty for the file as a whole.
  void add(const std::string& path, const std::string& text) {
    lines_.push_back(path.empty() ? text : path + ": " + text);
  }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] bool empty() const { return lines_.empty(); }

 private:
  std::vector<std::string> lines_;
};

// One value of a document, with its path and the list that takes its problems. Borrows from both.
class SettingsNode {
 public:
  SettingsNode(const nlohmann::json& value, std::string path, SettingsProblems& problems)
      : value_(&value), path_(std::move(path)), problems_(&problems) {}

  // Each returns the value, or adds a problem and returns nothing.
  [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t low, std::int64_t high) const;
  [[nodiscard]] std::optional<bool> boolean() const;
  // `wanted` describes the text to someone who gave something else: "the name of a stream".
  [[nodiscard]] std::optional<std::string> text(std::string_view wanted) const;
  // The index of the text in `choices`, which is compared letter by letter.
  [[nodiscard]] std::optional<std::size_t> choice(std::span<const std::string> choices) const;
  // Seconds since 1970 (fractions allowed) or "2026-07-14T09:30:00Z", as milliseconds since 1970.
  [[nodiscard]] std::optional<std::int64_t> timestamp_ms() const;
  // The elements; empty after a problem too.
  [[nodiscard]] std::vector<SettingsNode> items(std::string_view wanted) const;
  // The members of an object whose keys are the user's own; empty after a problem too.
  [[nodiscard]] std::vector<std::pair<std::string, SettingsNode>> members(std::string_view wanted) const;

  // Adds "PATH: found VALUE, wanted WANTED".
  void refuse(std::string_view wanted) const;
  // Adds "PATH: TEXT".
  void complain(std::string_view text) const { problems_->add(path_, std::string(text)); }

  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_text() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class SettingsObject;
  [[nodiscard]] SettingsNode below(const nlohmann::json& value, std::string_view key) const;

  const nlohmann::json* value_;
  std::string path_;
  SettingsProblems* problems_;
};

// An object whose keys are a known set.
class SettingsObject {
 public:
  // Adds a problem if the node is not an object, and then has no members.
  explicit SettingsObject(const SettingsNode& node);

  // The value of `key` if the file has it. From here on the key is known.
  std::optional<SettingsNode> find(std::string_view key);
  // As find, and a problem if it is not there.
  std::optional<SettingsNode> need(std::string_view key, std::string_view wanted);

  // These put the value into `target` if the file has a good one and leave it alone otherwise.
  template <class Number>
  void integer(std::string_view key, Number& target, std::int64_t low, std::int64_t high) {
    if (auto node = find(key)) {
      if (auto value = node->integer(low, high)) target = static_cast<Number>(*value);
    }
  }
  template <class Rep, class Period>
  void duration(std::string_view key, std::chrono::duration<Rep, Period>& target, std::int64_t low,
                std::int64_t high) {
    if (auto node = find(key)) {
      if (auto value = node->integer(low, high)) target = std::chrono::duration<Rep, Period>(*value);
    }
  }
  void boolean(std::string_view key, bool& target);
  void text(std::string_view key, std::string& target, std::string_view wanted);

  // Refuses the keys that nobody asked for, each with the nearest known one. Called last.
  void finish() const;

 private:
  SettingsNode node_;
  bool is_object_;
  std::set<std::string, std::less<>> known_;
};

// A parsed file.
class SettingsDocument {
 public:
  // Adds a problem if the text is not JSON (with line and column), nests deeper than 32 or is larger than 1 MiB;
  // root() is then an empty object. A key that is there twice is a problem too. An empty text is an empty object.
  static SettingsDocument parse(std::string_view text, SettingsProblems& problems);
  SettingsDocument(SettingsDocument&&) noexcept;
  SettingsDocument& operator=(SettingsDocument&&) noexcept;
  ~SettingsDocument();

  [[nodiscard]] SettingsNode root() const;

 private:
  SettingsDocument(std::unique_ptr<nlohmann::json> value, SettingsProblems& problems);

  std::unique_ptr<nlohmann::json> value_;
  SettingsProblems* problems_;
};

// The text as JSON shows it: in quotes, without control characters, cut after 60 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// 10000 as "10,000".
[[nodiscard]] std::string grouped(std::int64_t number);

}  // namespace shardmill
