#include "store/timestamp.h"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace ringback::store {
namespace {

using namespace std::chrono;

/// Takes exactly `digits` digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// ".123" and other lengths: milliseconds, further digits cut off.
std::optional<int> take_fraction(std::string_view& text) {
  int millis = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 3) millis = millis * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 3; ++digits) millis *= 10;
  return millis;
}

}  // namespace

std::string format_timestamp(base::WallMillis millis) {
  const sys_time<milliseconds> at{milliseconds(millis)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::optional<base::WallMillis> parse_timestamp(std::string_view text) {
  const auto y = take_number(text, 4);
  if (!y || !take(text, "-")) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || !take(text, "-")) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d || !take(text, " T")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return std::nullopt;
  std::optional<int> fraction = 0;
  if (take(text, ".")) fraction = take_fraction(text);
  if (!take(text, "Z") && take(text, "+")) {  // as PostgreSQL writes UTC; the session asks for nothing else
    if (text != "00" && text != "00:00") return std::nullopt;
    text = {};
  }
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d)));
  if (!fraction || !text.empty() || !date.ok()) return std::nullopt;
  const auto at =
      sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second) + milliseconds(*fraction);
  return duration_cast<milliseconds>(at.time_since_epoch()).count();
}

}  // namespace ringback::store
