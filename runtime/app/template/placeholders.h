// What may stand between {{ and }} in a record template: the placeholders of the Kinesis Data Generator that people
// use most, with their arguments as JSON, and record.number.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/ids.h"
#include "app/template/dice.h"
#include "base/result.h"

namespace shardmill::app {

// What a placeholder may use for one record.
struct RecordMoment {
  std::uint64_t number = 1;  // of the record, from 1
  WallTime now;
};

// Appends the value for one record to `out`.
using Filler = std::function<void(std::string& out, Dice& dice, const RecordMoment& moment)>;

struct Placeholder {
  std::string_view name;
  std::string_view usage;  // one line for the documentation
  // Checks the argument (null: none given) once and gives the filler. Errors say what was wanted.
  Result<Filler> (*make)(const nlohmann::json& argument);
};

// All of them, in the order of the documentation.
[[nodiscard]] std::span<const Placeholder> placeholders();

// "YYYY-MM-DDTHH:mm:ss.SSS" and the like, as the moment library reads them: YYYY YY MM DD HH mm ss SSS, Z (+02:00),
// X (seconds since 1970), x (milliseconds), [text] as it is; all else as it is. Local time, or UTC.
[[nodiscard]] std::string format_moment(WallTime time, std::string_view format, bool utc);

}  // namespace shardmill::app
