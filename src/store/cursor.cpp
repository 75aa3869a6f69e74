#include "store/cursor.h"

#include <fmt/format.h>

namespace ringback::store {
namespace {

constexpr std::size_t kLongestCursor = 512;
constexpr std::string_view kMark = "c1|";  // of this layout, should it ever change

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string encode_cursor(const Cursor& cursor) {
  std::string text;
  for (const char c : std::string(kMark) + cursor.created_at + '|' + cursor.id) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

std::optional<Cursor> decode_cursor(std::string_view text) {
  if (text.size() % 2 != 0 || text.size() > kLongestCursor) return std::nullopt;
  std::string plain;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    plain += static_cast<char>(high << 4 | low);
  }
  if (!plain.starts_with(kMark)) return std::nullopt;
  const auto bar = plain.find('|', kMark.size());
  if (bar == std::string::npos || bar + 1 == plain.size()) return std::nullopt;
  return Cursor{plain.substr(kMark.size(), bar - kMark.size()), plain.substr(bar + 1)};
}

}  // namespace ringback::store
