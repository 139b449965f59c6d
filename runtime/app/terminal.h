// What a person at a terminal sees: colours, widths, text that cannot steer the terminal, local times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/ids.h"

namespace shardmill::app {

// True if the descriptor is a terminal that takes escape sequences (TERM is set and not "dumb").
[[nodiscard]] bool is_terminal(int descriptor);
// True if colours are welcome on stdout: a terminal, and NO_COLOR is unset or empty.
[[nodiscard]] bool use_colour();
// Columns of the terminal behind the descriptor; 80 if it cannot tell.
[[nodiscard]] std::size_t terminal_columns(int descriptor);

// The colours in use, by what they mean.
enum class Tone { plain, good, bad, warn, faint, strong };
// The text in the tone's colour if `coloured`, else unchanged.
[[nodiscard]] std::string paint(std::string_view text, Tone tone, bool coloured);

// Columns that UTF-8 text takes: wide East Asian characters and emoji two, combining marks none.
[[nodiscard]] std::size_t display_width(std::string_view text);

// UTF-8 text as it is, control characters and broken bytes as \n, \t, \xNN: on one line, and harmless to a terminal.
[[nodiscard]] std::string printable(std::string_view bytes);

// "2026-03-01 14:03:22.123", local time.
[[nodiscard]] std::string local_time(WallTime time);
// "850 ms", "12.4 s", "3 min 20 s", "5 h 12 min", "2 d 3 h".
[[nodiscard]] std::string human_duration(std::int64_t milliseconds);
// "12,345,678"
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace shardmill::app
