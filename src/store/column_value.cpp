#include "store/column_value.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace ringback::store {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The length of the character that `text` begins with (RFC 3629 section 4); 0 when it is none.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                             : (first & 0xF0) == 0xE0        ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  std::uint32_t code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

std::string clean_text(std::string_view text, std::size_t max_characters) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t count = 0; !text.empty() && count < max_characters; ++count) {
    const std::size_t length = character_length(text);
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
