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

}  // namespace ringback::base
