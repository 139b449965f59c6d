// What an operation is: a name, a shape, an action.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/task.h"
#include "http/kinesis/api.h"
#include "http/kinesis/errors.h"
#include "http/kinesis/input.h"
#include "http/kinesis/shape.h"

namespace shardmill::http::kinesis {

// The answer's body; empty for operations that answer nothing.
using Answer = Outcome<std::string>;

struct Operation {
  std::string_view name;
  std::span<const Member> shape;
  // `input` fits the shape and lives until the answer is there.
  Task<Answer> (*act)(Api& api, Input input);
  // Takes the body as it came (kBodyPadding readable bytes behind it) and answers at once if the request is an ordinary
  // one; nothing means that it needs the checks of the long way.
  Task<std::optional<Answer>> (*act_fast)(Api& api, std::string_view body) = nullptr;
};

}  // namespace shardmill::http::kinesis
