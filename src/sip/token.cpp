#include "sip/token.h"

#include <array>

#include "crypto/hex.h"
#include "sip/message.h"
#include "sip/parameters.h"

namespace ringback::sip {
namespace {

/// The prefix when `token` looks like one of TokenMinter's: letter, digits, '-'.
std::optional<std::string_view> prefix_of(std::string_view token) {
  const auto dash = token.find('-');
  if (dash == std::string_view::npos || dash < 2 || dash > 4) return std::nullopt;
  if (token[0] < 'a' || token[0] > 'z') return std::nullopt;
  for (const char c : token.substr(1, dash - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  return token.substr(0, dash);
}

/// The value of the first header of that name in the head of a raw message, without unfolding.
std::optional<std::string_view> raw_header(std::string_view message, std::string_view name) {
  std::size_t at = message.find('\n');
  while (at != std::string_view::npos) {
    const std::size_t begin = at + 1;
    at = message.find('\n', begin);
    const bool last = at == std::string_view::npos;
    std::string_view line = message.substr(begin, last ? std::string_view::npos : at - begin);
    if (trimmed(line).empty()) return std::nullopt;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') continue;
    if (!equal_ignoring_case(long_name(trimmed(line.substr(0, colon))), name)) continue;
    while (!last && at + 1 < message.size() && (message[at + 1] == ' ' || message[at + 1] == '\t')) {
      const std::size_t next = message.find('\n', at + 1);
      at = next;
      if (next == std::string_view::npos) break;
    }
    return trimmed(
        message.substr(begin + colon + 1, at == std::string_view::npos ? at : at - begin - colon - 1));
  }
  return std::nullopt;
}

/// The raw value of `;name=` outside of angle brackets and quotes.
std::optional<std::string_view> raw_parameter(std::string_view value, std::string_view name) {
  const auto pieces = split(value, ';');
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const auto equals = pieces[i].find('=');
    if (equals == std::string_view::npos) continue;
    if (equal_ignoring_case(trimmed(pieces[i].substr(0, equals)), name))
      return trimmed(pieces[i].substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace

TokenMinter::TokenMinter(std::string prefix, RandomSource random)
    : prefix_(std::move(prefix)), random_(std::move(random)) {}

std::string TokenMinter::token() {
  std::array<std::uint8_t, 12> bytes{};
  random_(bytes);
  return prefix_ + '-' + crypto::to_hex(bytes);
}

std::uint32_t TokenMinter::number() {
  std::array<std::uint8_t, 4> bytes{};
  random_(bytes);
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

std::uint32_t TokenMinter::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(std::uint64_t{number()} * bound >> 32);
}

std::optional<std::string_view> owner_of(std::string_view message) {
  while (!message.empty() && (message.front() == '\r' || message.front() == '\n')) message.remove_prefix(1);
  if (message.size() > 4 && equal_ignoring_case(message.substr(0, 4), "SIP/")) {
    const auto via = raw_header(message, "Via");
    if (!via) return std::nullopt;
    const auto branch = raw_parameter(split(*via, ',').front(), "branch");
    constexpr std::string_view kCookie = "z9hG4bK-";
    if (!branch || !branch->starts_with(kCookie)) return std::nullopt;
    return prefix_of(branch->substr(kCookie.size()));
  }
  if (const auto to = raw_header(message, "To")) {
    const auto tag = raw_parameter(*to, "tag");
    if (const auto prefix = tag ? prefix_of(*tag) : std::nullopt) return prefix;
  }
  const std::string_view line = message.substr(0, message.find('\n'));
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view uri = line.substr(space + 1);
  const auto colon = uri.find(':');
  return colon == std::string_view::npos ? std::nullopt : prefix_of(uri.substr(colon + 1));
}

std::optional<std::string_view> raw_call_id(std::string_view message) {
  while (!message.empty() && (message.front() == '\r' || message.front() == '\n')) message.remove_prefix(1);
  return raw_header(message, "Call-ID");
}

}  // namespace ringback::sip
