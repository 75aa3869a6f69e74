#include "store/column_value.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/utf8.h"

namespace ringback::store {
namespace {

std::string clean_text(std::string_view text, std::size_t max_characters) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t count = 0; !text.empty() && count < max_characters; ++count) {
    const std::size_t length = base::utf8_character_length(text);
    if (length == 0) {
      clean += '?';
    } else if (text[0] != '\0') {
      clean += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

bool is_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

bool is_whole_number(const Column& column) {
  // INT, INTEGER, BIGINT, SMALLINT(5) UNSIGNED; not POINT or INTERVAL.
  const auto word = std::string_view(column.type).substr(0, column.type.find_first_of(" ("));
  return word == "INTEGER" || (word.ends_with("INT") && word != "POINT");
}

SqlText fit(SqlText value, const Column& column) {
  if (!value) return value;
  if (is_whole_number(column) && !is_number(*value)) return std::nullopt;
  return clean_text(*value, column.max_characters.value_or(std::string::npos));
}

}  // namespace ringback::store
