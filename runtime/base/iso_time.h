// Times as people write them in settings and on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shardmill {

// "2026-07-14T09:30:00Z", "2026-07-14T09:30:00.250+02:00" or "2026-07-14" (midnight UTC), as milliseconds since 1970;
// nothing if it is not such a time or lies before 1970.
[[nodiscard]] std::optional<std::int64_t> parse_iso_time(std::string_view text);

}  // namespace shardmill
