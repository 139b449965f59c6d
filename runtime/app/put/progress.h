// The line that shows a running put on a terminal.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "app/put/session.h"

namespace shardmill::app {

// "[=====>     ]  45 %  1,234,567 records  210,000/s  3.0 s left", cut to `columns`; without a known end only the
// figures.
[[nodiscard]] std::string progress_line(const PutCounts& counts, std::chrono::milliseconds elapsed,
                                        std::optional<double> fraction, std::size_t columns);

// "850 B", "12.3 KB", "4.5 MB"
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace shardmill::app
