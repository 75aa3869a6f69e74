#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/url.h"

namespace ringback::http {

/// Which proxy leads to a host, by the environment variables that other programs obey, too. Immutable.
class ProxySettings {
 public:
  /// None: every host is reached directly.
  ProxySettings() = default;

  /// Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, each also in lower case, which wins. `variable` gives the
  /// value of a name or nullopt. HTTP_PROXY in upper case is left out where REQUEST_METHOD is set: in a CGI
  /// program a request could set it.
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;
  [[nodiscard]] static ProxySettings from_environment(const Environment& variable);

  /// The proxy for this URL; nullopt: none. Hosts of NO_PROXY match with their subdomains, "*" matches all;
  /// loopback addresses and "localhost" never go through a proxy.
  [[nodiscard]] std::optional<Url> proxy_for(const Url& url) const;

 private:
  std::optional<Url> plain_;
  std::optional<Url> secure_;
  std::vector<std::string> direct_;  // lower case, without leading dots
};

}  // namespace ringback::http
