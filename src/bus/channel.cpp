#include "bus/channel.h"

#include <cstdint>
#include <initializer_list>

#include <fmt/format.h>

#include "crypto/base64.h"
#include "crypto/digest.h"

namespace ringback::bus {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool is_plain(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Takes one character off the text (RFC 3629).
char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  char32_t character = first;
  char32_t least = 0;
  if (first >= 0xf0 && first < 0xf5) {
    length = 4, character = first & 0x07U, least = 0x10000;
  } else if (first >= 0xe0 && first < 0xf0) {
    length = 3, character = first & 0x0fU, least = 0x800;
  } else if (first >= 0xc2 && first < 0xe0) {
    length = 2, character = first & 0x1fU, least = 0x80;
  } else if (first >= 0x80) {
    text.remove_prefix(1);
    return kReplacement;
  }
  bool good = length <= text.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    good = (next & 0xc0U) == 0x80;
    character = (character << 6U) | (next & 0x3fU);
  }
  good = good && character >= least && character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
  text.remove_prefix(good ? length : 1);
  return good ? character : kReplacement;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    if (!name.empty()) name += '|';
    name += escaped(part);
  }
  return name;
}

}  // namespace

std::string escaped(std::string_view part) {
  std::string text;
  while (!part.empty()) {
    if (is_plain(static_cast<unsigned char>(part.front()))) {
      text += part.front();
      part.remove_prefix(1);
      continue;
    }
    const auto character = static_cast<std::uint32_t>(take_character(part));
    text += character <= 0xffff ? fmt::format("u+{:04x}", character) : fmt::format("U+{:08x}", character);
  }
  return text;
}

std::string request_channel(const Method& method) {
  return joined({method.service, method.name, method.topic, "REQ"});
}

std::string verdict_channel(const Method& method) {
  return joined({method.service, method.name, method.topic, "RCLAIM"});
}

std::string claim_channel(std::string_view service, std::string_view client_id) {
  return joined({service, client_id, "CLAIM"});
}

std::string response_channel(std::string_view service, std::string_view client_id) {
  return joined({service, client_id, "RES"});
}

std::string queue_lock_key(std::string_view payload) {
  return crypto::base64_encode(crypto::sha256(payload));
}

}  // namespace ringback::bus
