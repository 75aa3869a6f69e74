#include "sip/uri.h"

#include <algorithm>
#include <charconv>

namespace ringback::sip {
namespace {

constexpr std::size_t kMaxUriBytes = 4096;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
         std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; });
}

/// Host name, IPv4 or [IPv6]. Underscores are no host names, but exist.
bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  if (text.front() == '[') {
    return text.size() > 3 && text.back() == ']' &&
           std::ranges::all_of(text.substr(1, text.size() - 2),
                               [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
  }
  return std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool parse_host_port(std::string_view text, Uri& uri) {
  std::size_t colon = std::string_view::npos;
  if (!text.empty() && text.front() == '[') {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    if (bracket + 1 < text.size()) {
      if (text[bracket + 1] != ':') return false;
      colon = bracket + 1;
    }
  } else {
    colon = text.find(':');
  }
  uri.host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), uri.port);
    if (fault != std::errc{} || end != port.data() + port.size()) return false;
  }
  return is_host(uri.host);
}

bool parse_sip(std::string_view rest, Uri& uri) {
  // The user part may hold ';', '?' and '/' but no '@', so the first '@' ends it.
  const auto at = rest.find('@');
  if (at != std::string_view::npos) {
    const std::string_view user_info = rest.substr(0, at);
    const auto colon = user_info.find(':');
    uri.user = user_info.substr(0, colon);
    if (uri.user.empty()) return false;
    if (colon != std::string_view::npos) uri.password = user_info.substr(colon + 1);
    rest.remove_prefix(at + 1);
  }
  const auto question = rest.find('?');
  if (question != std::string_view::npos) {
    uri.headers = rest.substr(question + 1);
    rest = rest.substr(0, question);
  }
  const auto semicolon = rest.find(';');
  if (semicolon != std::string_view::npos) {
    auto parameters = Parameters::parse(rest.substr(semicolon));
    if (!parameters) return false;
    uri.parameters = std::move(*parameters);
    rest = rest.substr(0, semicolon);
  }
  return parse_host_port(rest, uri);
}

bool parse_tel(std::string_view rest, Uri& uri) {
  const auto semicolon = rest.find(';');
  if (semicolon != std::string_view::npos) {
    auto parameters = Parameters::parse(rest.substr(semicolon));
    if (!parameters) return false;
    uri.parameters = std::move(*parameters);
  }
  uri.user = rest.substr(0, semicolon);
  return !uri.user.empty();
}

}  // namespace

std::optional<Uri> Uri::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxUriBytes) return std::nullopt;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '<' || c == '>' || c == '"') return std::nullopt;
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
  Uri uri;
  uri.scheme = text.substr(0, colon);
  std::ranges::transform(uri.scheme, uri.scheme.begin(), lower);
  const std::string_view rest = text.substr(colon + 1);
  if (uri.is_sip()) {
    if (!parse_sip(rest, uri)) return std::nullopt;
  } else if (uri.scheme == "tel") {
    if (!parse_tel(rest, uri)) return std::nullopt;
  } else {
    if (rest.empty()) return std::nullopt;
    uri.opaque = rest;
  }
  return uri;
}

std::string Uri::decoded_user() const {
  std::string plain;
  plain.reserve(user.size());
  for (std::size_t i = 0; i < user.size(); ++i) {
    if (user[i] == '%' && i + 2 < user.size()) {
      const int high = hex_value(user[i + 1]);
      const int low = hex_value(user[i + 2]);
      if (high >= 0 && low >= 0) {
        plain += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    plain += user[i];
  }
  return plain;
}

std::string Uri::transport() const {
  std::string name = parameters.get("transport").value_or("");
  std::ranges::transform(name, name.begin(), lower);
  return name;
}

std::string Uri::to_string() const {
  std::string text = scheme + ':';
  if (!is_sip() && scheme != "tel") return text + opaque;
  text += user;
  if (!password.empty()) text += ':' + password;
  if (is_sip()) {
    if (!user.empty()) text += '@';
    text += host;
    if (port != 0) text += ':' + std::to_string(port);
  }
  text += parameters.to_string();
  if (!headers.empty()) text += '?' + headers;
  return text;
}

std::string escaped_user(std::string_view user) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : user) {
    if (is_alphanumeric(c) || std::string_view("-_.!~*'()&=+$,;?/").find(c) != std::string_view::npos) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text;
}

}  // namespace ringback::sip
