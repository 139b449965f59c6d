#include "app/template/placeholders.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace shardmill::app {
namespace {

using nlohmann::json;

constexpr std::string_view kIso = "YYYY-MM-DD[T]HH:mm:ss.SSS[Z]";
constexpr std::array<std::string_view, 32> kWords{
    "amber",  "basin",  "cedar",  "delta",  "ember",  "falcon", "garnet", "harbor", "island",  "jasper", "kettle",
    "lagoon", "meadow", "nectar", "orchid", "pebble", "quartz", "raven",  "saddle", "timber",  "umber",  "valley",
    "walnut", "yonder", "zephyr", "anchor", "bridge", "canyon", "drift",  "forest", "glacier", "horizon"};
constexpr std::string_view kLettersAndDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

std::unexpected<Error> wanted(std::string_view what, const json& found) {
  std::string text = found.is_null() ? "no argument" : found.dump(-1, ' ', false, json::error_handler_t::replace);
  constexpr std::size_t kShown = 80;
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return fail(Errc::invalid, fmt::format("wanted {}, found {}", what, text));
}

// A value as it stands in the record: text without its quotes.
std::string plain(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Result<Filler> refuse_argument(const json& argument, Filler filler) {
  if (!argument.is_null()) return wanted("no argument", argument);
  return filler;
}

// {"min": .., "max": .., "precision": ..}, or just the max. Whole numbers unless `precision` says otherwise.
struct NumberRange {
  double min = 0;
  double max = 99999;
  double precision = 1;
};

Result<NumberRange> number_range(const json& argument, NumberRange range) {
  constexpr std::string_view kWanted = R"(a number, or {"min": number, "max": number, "precision": number})";
  if (argument.is_number()) {
    range.max = argument.get<double>();
  } else if (argument.is_object()) {
    for (const auto& [key, value] : argument.items()) {
      double* field = key == "min"         ? &range.min
                      : key == "max"       ? &range.max
                      : key == "precision" ? &range.precision
                                           : nullptr;
      if (field == nullptr || !value.is_number()) return wanted(kWanted, argument);
      *field = value.get<double>();
    }
  } else if (!argument.is_null()) {
    return wanted(kWanted, argument);
  }
  constexpr double kLargest = 9.0e15;  // whole numbers beyond 2^53 are not exact in JSON
  if (range.min > range.max) return wanted("min not above max", argument);
  if (range.precision <= 0 || std::abs(range.min) > kLargest || std::abs(range.max) > kLargest ||
      (range.max - range.min) / range.precision > kLargest) {
    return wanted("a precision above 0, and less than 9e15 steps between min and max", argument);
  }
  return range;
}

Result<Filler> make_range(const json& argument, NumberRange defaults) {
  Result<NumberRange> range = number_range(argument, defaults);
  if (!range) return std::unexpected(range.error());
  NumberRange r = *range;
  auto steps = static_cast<std::uint64_t>((r.max - r.min) / r.precision + 1e-9);
  if (r.precision == 1 && r.min == std::floor(r.min)) {
    return [first = static_cast<std::int64_t>(r.min), steps](std::string& out, Dice& dice, const RecordMoment&) {
      out += std::to_string(first + static_cast<std::int64_t>(dice.up_to(steps)));
    };
  }
  int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(r.precision) - 1e-9)), 0, 9);
  return [r, steps, digits](std::string& out, Dice& dice, const RecordMoment&) {
    out += fmt::format("{:.{}f}", r.min + static_cast<double>(dice.up_to(steps)) * r.precision, digits);
  };
}

Result<Filler> random_number(const json& argument) {
  return make_range(argument, {});
}

Result<Filler> random_float(const json& argument) {
  return make_range(argument, {.min = 0, .max = 99999, .precision = 0.01});
}

Result<Filler> random_boolean(const json& argument) {
  return refuse_argument(argument, [](std::string& out, Dice& dice, const RecordMoment&) {
    out += dice.up_to(1) == 1 ? "true" : "false";
  });
}

// Version 4 of RFC 4122.
Result<Filler> random_uuid(const json& argument) {
  return refuse_argument(argument, [](std::string& out, Dice& dice, const RecordMoment&) {
    std::uint64_t a = dice.up_to(~std::uint64_t{0});
    std::uint64_t b = dice.up_to(~std::uint64_t{0});
    out += fmt::format("{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}", a >> 32, a >> 16 & 0xFFFF, a & 0xFFF,
                       8 | b >> 62, b >> 48 & 0xFFF, b & 0xFFFFFFFFFFFF);
  });
}

Result<Filler> random_word(const json& argument) {
  return refuse_argument(argument, [](std::string& out, Dice& dice, const RecordMoment&) {
    out += kWords[dice.up_to(kWords.size() - 1)];
  });
}

Result<Filler> random_alpha_numeric(const json& argument) {
  constexpr std::int64_t kMost = 100'000;
  std::int64_t count = argument.is_null() ? 1 : argument.is_number_integer() ? argument.get<std::int64_t>() : 0;
  if (count < 1 || count > kMost) return wanted("a count from 1 to 100,000", argument);
  return [count](std::string& out, Dice& dice, const RecordMoment&) {
    for (std::int64_t i = 0; i < count; ++i) out += kLettersAndDigits[dice.up_to(kLettersAndDigits.size() - 1)];
  };
}

Result<Filler> random_array_element(const json& argument) {
  if (!argument.is_array() || argument.empty()) return wanted("a list with at least one value", argument);
  std::vector<std::string> values;
  for (const json& value : argument) values.push_back(plain(value));
  return [values = std::move(values)](std::string& out, Dice& dice, const RecordMoment&) {
    out += values[dice.up_to(values.size() - 1)];
  };
}

Result<Filler> random_weighted_array_element(const json& argument) {
  constexpr std::string_view kWanted = R"({"weights": [numbers], "data": [as many values]})";
  if (!argument.is_object() || argument.size() != 2 || !argument.contains("weights") ||
      !argument.contains("data")) {
    return wanted(kWanted, argument);
  }
  const json& weights = argument["weights"];
  const json& data = argument["data"];
  if (!weights.is_array() || !data.is_array() || weights.size() != data.size() || data.empty()) {
    return wanted(kWanted, argument);
  }
  std::vector<std::pair<double, std::string>> values;  // with the sum of the weights up to each
  double sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!weights[i].is_number() || weights[i].get<double>() < 0) return wanted("weights not below 0", argument);
    sum += weights[i].get<double>();
    values.emplace_back(sum, plain(data[i]));
  }
  if (sum <= 0) return wanted("a weight above 0", argument);
  return [values = std::move(values), sum](std::string& out, Dice& dice, const RecordMoment&) {
    double thrown = dice.fraction() * sum;
    auto at = std::ranges::find_if(values, [thrown](const auto& value) { return thrown < value.first; });
    out += at == values.end() ? values.back().second : at->second;
  };
}

Result<Filler> internet_ip(const json& argument) {
  return refuse_argument(argument, [](std::string& out, Dice& dice, const RecordMoment&) {
    auto ip = dice.up_to(0xFFFFFFFF);
    out += fmt::format("{}.{}.{}.{}", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
  });
}

template <bool kUtc>
Result<Filler> date(const json& argument) {
  if (!argument.is_null() && !argument.is_string())
    return wanted("a format like \"YYYY-MM-DD HH:mm:ss.SSS\"", argument);
  // Without a format it is always UTC, marked as such, so that records compare.
  bool utc = kUtc || argument.is_null();
  std::string format = argument.is_null() ? std::string(kIso) : argument.get<std::string>();
  return [utc, format = std::move(format)](std::string& out, Dice&, const RecordMoment& moment) {
    out += format_moment(moment.now, format, utc);
  };
}

Result<Filler> current_timestamp(const json& argument) {
  return argument.is_null() ? date<true>(argument) : wanted("no argument", argument);
}

Result<Filler> record_number(const json& argument) {
  return refuse_argument(
      argument, [](std::string& out, Dice&, const RecordMoment& moment) { out += std::to_string(moment.number); });
}

constexpr std::array<Placeholder, 13> kPlaceholders{{
    {"current.timestamp", "the time now, 2026-07-14T09:30:00.250Z", current_timestamp},
    {"date.now", "the same; date.now(\"YYYY-MM-DD HH:mm:ss.SSS\"): local time in that format", date<false>},
    {"date.utc", "as date.now, in UTC", date<true>},
    {"random.number", "0 to 99999; random.number(100): 0 to 100; random.number({\"min\":-40,\"max\":60})",
     random_number},
    {"random.float", "0.00 to 99999.00; takes {\"min\":0,\"max\":1,\"precision\":0.001}", random_float},
    {"random.boolean", "true or false", random_boolean},
    {"random.uuid", "a UUID", random_uuid},
    {"random.word", "a word", random_word},
    {"random.alphaNumeric", "a letter or digit; random.alphaNumeric(12): twelve of them", random_alpha_numeric},
    {"random.arrayElement", "random.arrayElement([\"OK\",\"FAIL\"]): one of the list", random_array_element},
    {"random.weightedArrayElement", "takes {\"weights\":[0.9,0.1],\"data\":[\"OK\",\"FAIL\"]}",
     random_weighted_array_element},
    {"internet.ip", "an IPv4 address", internet_ip},
    {"record.number", "1 for the first record, 2 for the second, ...", record_number},
}};

}  // namespace

std::span<const Placeholder> placeholders() {
  return kPlaceholders;
}

}  // namespace shardmill::app
