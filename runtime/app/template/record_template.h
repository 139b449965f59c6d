// A record template: text with placeholders, {{random.number(100)}}, that are filled anew for every record. Line breaks
// of the template itself are left out, as the Kinesis Data Generator does, so that a record is one line.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/template/placeholders.h"

namespace shardmill::app {

class RecordTemplate {
 public:
  // invalid for an unknown placeholder, a bad argument or a {{ that does not end; says line and column, and the
  // nearest known name.
  static Result<RecordTemplate> parse(std::string_view text);

  // The record. One thread.
  [[nodiscard]] std::string fill(Dice& dice, const RecordMoment& moment) const;

 private:
  std::vector<std::variant<std::string, Filler>> parts_;
};

}  // namespace shardmill::app
