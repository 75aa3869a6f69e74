#include "http/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/algorithm/string/case_conv.hpp>

#include "base/endpoint.h"

namespace ringback::http {
namespace {

struct Scheme {
  std::string_view name;
  bool secure;
};
constexpr Scheme kSchemes[] = {{"http", false}, {"ws", false}, {"https", true}, {"wss", true}};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::uint16_t default_port(bool secure) {
  return secure ? 443 : 80;
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(secure) ? name : name + ":" + std::to_string(port);
}

std::string Url::origin() const {
  return (secure ? "https://" : "http://") + authority();
}

base::ErrorOr<Url> parse_url(std::string_view text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f;
  });
  if (text.empty()) return base::fail("the URL is empty");
  if (has_control) return base::fail("the URL holds a blank or a character that must be percent-encoded");

  const std::size_t separator = text.find("://");
  const auto scheme =
      separator == std::string_view::npos
          ? std::end(kSchemes)
          : std::find_if(std::begin(kSchemes), std::end(kSchemes),
                         [name = boost::algorithm::to_lower_copy(std::string(text.substr(0, separator)))](
                             const Scheme& known) { return known.name == name; });
  if (scheme == std::end(kSchemes))
    return base::fail("the URL does not begin with http://, https://, ws:// or wss://");

  Url url;
  url.secure = scheme->secure;
  url.port = default_port(url.secure);
  text.remove_prefix(separator + 3);
  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  std::string_view target = text.substr(authority_end);
  target = target.substr(0, target.find('#'));
  url.target = target.empty() || target.front() != '/' ? "/" + std::string(target) : std::string(target);

  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const auto user_info = percent_decode(authority.substr(0, at));
    if (!user_info) return base::fail("the URL's user name or password is not percent-encoded as it must be");
    url.user_info = *user_info;
    authority.remove_prefix(at + 1);
  }
  const std::size_t host_end = authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':');
  if (authority.starts_with('[') && host_end == 0) return base::fail("the URL's IPv6 address lacks its ']'");
  url.host = boost::algorithm::to_lower_copy(std::string(authority.substr(0, host_end)));
  std::string_view port = host_end < authority.size() ? authority.substr(host_end) : std::string_view();
  if (url.host.starts_with('[')) {
    const auto address = base::IpAddress::parse(url.host);
    if (!address) return base::fail("the URL's IPv6 address is malformed");
    url.host = address->to_string();
  }
  if (url.host.empty()) return base::fail("the URL names no host");
  if (!port.empty() && port != ":") {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), value);
    if (port.front() != ':' || error != std::errc() || end != port.data() + port.size() || value == 0 ||
        value > 65535)
      return base::fail("the URL's port is not a number from 1 to 65535");
    url.port = static_cast<std::uint16_t>(value);
  }
  return url;
}

std::string join_url(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  std::string result(base);
  if (!path.starts_with('/')) result += '/';
  return result.append(path);
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                            c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      result += c;
    } else {
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result;
}

}  // namespace ringback::http
