// The members of a request whose types and constraints have been checked. A view into the parsed JSON; a member that is
// null counts as absent.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/ids.h"

namespace shardmill::http::kinesis {

class Input {
 public:
  explicit Input(const nlohmann::json& members) : members_(&members) {}

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  // Of a required member.
  [[nodiscard]] std::string must_text(std::string_view name) const { return text(name).value_or(std::string()); }
  // Cut to whole and to the range of a Java Integer, as AWS does.
  [[nodiscard]] std::optional<std::int32_t> integer(std::string_view name) const;
  [[nodiscard]] std::optional<WallTime> time(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::map<std::string, std::string> text_map(std::string_view name) const;
  [[nodiscard]] std::optional<Input> structure(std::string_view name) const;
  [[nodiscard]] std::vector<Input> structures(std::string_view name) const;
  // Borrowed from the request; of a required string member.
  [[nodiscard]] std::string_view view(std::string_view name) const;

 private:
  [[nodiscard]] const nlohmann::json* find(std::string_view name) const;

  const nlohmann::json* members_;
};

// What AWS makes of a JSON number where it wants an Integer.
[[nodiscard]] std::int32_t to_java_integer(double number);

}  // namespace shardmill::http::kinesis
