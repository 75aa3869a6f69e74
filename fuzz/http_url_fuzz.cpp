// modules: http
//
// URLs of settings, and the proxy that leads to them.

#include "http/proxy.h"
#include "http/url.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback::http;
  const auto text = ringback::fuzz::as_text(data, size);
  static const ProxySettings proxies = ProxySettings::from_environment([](const std::string& name) {
    return name == "NO_PROXY" ? std::optional<std::string>("a.example.com,.b") : "proxy:3128";
  });
  if (const auto url = parse_url(text)) {
    // What was read is written so that it reads the same again.
    const auto again = parse_url(url->origin() + url->target);
    if (!again || again->host != url->host || again->port != url->port || again->target != url->target)
      __builtin_trap();
    (void)proxies.proxy_for(*url);
  }
  if (percent_decode(percent_encode(text)) != text) __builtin_trap();
  return 0;
}
