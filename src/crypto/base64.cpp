#include "crypto/base64.h"

#include <array>

namespace ringback::crypto {
namespace {

constexpr std::string_view kStandardSymbols =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSymbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverse(std::string_view symbols) {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    table[static_cast<std::uint8_t>(symbols[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

constexpr auto kStandardValues = reverse(kStandardSymbols);
constexpr auto kUrlValues = reverse(kUrlSymbols);

}  // namespace

std::string base64_encode(std::span<const std::uint8_t> bytes, Base64Alphabet alphabet,
                          Base64Padding padding) {
  const std::string_view symbols = alphabet == Base64Alphabet::kUrl ? kUrlSymbols : kStandardSymbols;
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        (std::uint32_t{bytes[i]} << 16) | (std::uint32_t{bytes[i + 1]} << 8) | bytes[i + 2];
    out.push_back(symbols[group >> 18]);
    out.push_back(symbols[(group >> 12) & 63]);
    out.push_back(symbols[(group >> 6) & 63]);
    out.push_back(symbols[group & 63]);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return out;
  const std::uint32_t group =
      (std::uint32_t{bytes[i]} << 16) | (rest == 2 ? std::uint32_t{bytes[i + 1]} << 8 : 0U);
  out.push_back(symbols[group >> 18]);
  out.push_back(symbols[(group >> 12) & 63]);
  if (rest == 2) out.push_back(symbols[(group >> 6) & 63]);
  if (padding == Base64Padding::kPadded) out.append(3 - rest, '=');
  return out;
}

std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text, Base64Alphabet alphabet) {
  const auto& values = alphabet == Base64Alphabet::kUrl ? kUrlValues : kStandardValues;
  if (!text.empty() && text.back() == '=') {
    if (text.size() % 4 != 0) return std::nullopt;
    text.remove_suffix(1);
    if (text.back() == '=') text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;

  std::vector<std::uint8_t> out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = values[static_cast<std::uint8_t>(c)];
    if (value < 0) return std::nullopt;
    bits = ((bits << 6) | static_cast<std::uint32_t>(value)) & 0xffffU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  if ((bits & ((1U << count) - 1U)) != 0) return std::nullopt;
  return out;
}

}  // namespace ringback::crypto
