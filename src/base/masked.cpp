#include "base/masked.h"

namespace ringback::base {

std::string Masked::mask(std::string_view value) {
  if (value.size() <= 3) return std::string(value.size(), '*');
  const std::size_t head = value.size() >= 9 ? 4 : 1;
  const std::size_t tail = value.size() >= 7 ? 2 : 1;
  std::string text(value.substr(0, head));
  text += "***";
  text += value.substr(value.size() - tail);
  return text;
}

std::string mask_room_names(std::string_view text) {
  static constexpr std::string_view kPrefix = "call_";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string masked;
  std::size_t copied = 0;
  for (auto start = text.find(kPrefix); start != std::string_view::npos;
       start = text.find(kPrefix, start + 1)) {
    // The caller's part has no underscore.
    const auto number = text.find('_', start + kPrefix.size());
    if (number == std::string_view::npos) break;
    auto end = number + 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == text.size() || text[end] != '_' || end == number + 1) continue;
    masked += text.substr(copied, number + 1 - copied);
    masked += Masked::mask(text.substr(number + 1, end - number - 1));
    copied = end;
  }
  masked += text.substr(copied);
  return masked;
}

}  // namespace ringback::base
