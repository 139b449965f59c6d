#include "base/iso_time.h"

#include <charconv>
#include <chrono>

namespace shardmill {
namespace {

// Takes pieces from the front of a text; after the first that does not fit, nothing fits any more.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) good_ = false;
    if (!good_) return 0;
    auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + count, value);
    if (error != std::errc() || stop != rest_.data() + count || rest_[0] == '-') good_ = false;
    rest_.remove_prefix(count);
    return value;
  }
  bool take(char letter) {
    if (!good_ || rest_.empty() || rest_[0] != letter) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(char letter) { good_ = take(letter) && good_; }
  // ".25" as 250; digits beyond milliseconds are dropped.
  int fraction_ms() {
    int ms = 0;
    int scale = 100;
    if (!take('.')) return 0;
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') good_ = false;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1), scale /= 10) {
      ms += (rest_[0] - '0') * scale;
    }
    return ms;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool all_taken() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::chrono::minutes zone_offset(Pieces& pieces) {
  bool east = pieces.take('+');
  if (!east && !pieces.take('-')) {
    pieces.need('Z');
    return std::chrono::minutes(0);
  }
  int hours = pieces.digits(2);
  pieces.take(':');
  int minutes = pieces.digits(2);
  if (hours > 23 || minutes > 59) pieces.need('\0');
  return std::chrono::minutes((east ? 1 : -1) * (hours * 60 + minutes));
}

}  // namespace

std::optional<std::int64_t> parse_iso_time(std::string_view text) {
  using namespace std::chrono;
  Pieces pieces(text);
  int years = pieces.digits(4);
  pieces.need('-');
  int months = pieces.digits(2);
  pieces.need('-');
  int days = pieces.digits(2);
  year_month_day date{year(years), month(static_cast<unsigned>(months)), day(static_cast<unsigned>(days))};
  if (!pieces.good() || !date.ok()) return std::nullopt;
  auto time = duration_cast<milliseconds>(sys_days(date).time_since_epoch());
  if (!pieces.all_taken()) {
    if (!pieces.take('T')) pieces.need(' ');
    int hour = pieces.digits(2);
    pieces.need(':');
    int minute = pieces.digits(2);
    pieces.need(':');
    int second = pieces.digits(2);
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    time += hours(hour) + minutes(minute) + seconds(second) + milliseconds(pieces.fraction_ms());
    time -= zone_offset(pieces);
  }
  if (!pieces.all_taken() || time.count() < 0) return std::nullopt;
  return time.count();
}

}  // namespace shardmill
