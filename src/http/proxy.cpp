#include "http/proxy.h"

#include <algorithm>

#include <boost/algorithm/string/case_conv.hpp>

#include "base/endpoint.h"

namespace ringback::http {
namespace {

/// The variable in lower case, else in upper case; nullopt when neither is set or both are empty.
std::optional<std::string> either_case(const ProxySettings::Environment& variable, const std::string& name) {
  if (auto value = variable(boost::algorithm::to_lower_copy(name)); value && !value->empty()) return value;
  if (auto value = variable(name); value && !value->empty()) return value;
  return std::nullopt;
}

std::optional<Url> read_proxy(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  // "proxy.example.com:3128" is common, although it is no URL.
  auto url = parse_url(value->find("://") == std::string::npos ? "http://" + *value : *value);
  return url ? std::optional(*std::move(url)) : std::nullopt;
}

bool is_local(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const auto address = base::IpAddress::parse(host);
  return address && address->is_loopback();
}

}  // namespace

ProxySettings ProxySettings::from_environment(const Environment& variable) {
  ProxySettings settings;
  settings.secure_ = read_proxy(either_case(variable, "HTTPS_PROXY"));
  settings.plain_ =
      read_proxy(variable("REQUEST_METHOD") ? variable("http_proxy") : either_case(variable, "HTTP_PROXY"));
  const std::string direct = either_case(variable, "NO_PROXY").value_or("");
  std::string_view rest = direct;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", "), rest.size());
    std::string_view entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (entry.starts_with("*.")) entry.remove_prefix(1);
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (!entry.empty()) settings.direct_.push_back(boost::algorithm::to_lower_copy(std::string(entry)));
  }
  return settings;
}

std::optional<Url> ProxySettings::proxy_for(const Url& url) const {
  const std::optional<Url>& proxy = url.secure ? secure_ : plain_;
  if (!proxy || is_local(url.host)) return std::nullopt;
  const std::string with_port = url.host + ":" + std::to_string(url.port);
  const bool direct = std::any_of(direct_.begin(), direct_.end(), [&](const std::string& entry) {
    return entry == "*" || entry == url.host || entry == with_port || url.host.ends_with("." + entry);
  });
  return direct ? std::nullopt : proxy;
}

}  // namespace ringback::http
