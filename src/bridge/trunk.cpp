#include "bridge/trunk.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/endpoint.h"

namespace ringback::bridge {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

std::string Trunk::address() const {
  const std::string shown = host.find(':') != std::string::npos ? fmt::format("[{}]", host) : host;
  return port == 0 ? shown : fmt::format("{}:{}", shown, port);
}

std::string Trunk::caller() const {
  if (!numbers.empty()) return numbers.front();
  if (!from_user.empty()) return from_user;
  if (!username.empty()) return username;
  return "ringback";
}

base::ErrorOr<> set_trunk_address(Trunk& trunk, std::string_view address) {
  std::string_view host = address;
  std::string_view port;
  if (address.starts_with('[')) {
    const auto close = address.find(']');
    if (close == std::string_view::npos)
      return base::fail(fmt::format("\"{}\" has no closing bracket", address));
    host = address.substr(1, close - 1);
    if (close + 1 < address.size()) {
      if (address[close + 1] != ':') return base::fail(fmt::format("\"{}\" is not an address", address));
      port = address.substr(close + 2);
      if (port.empty()) return base::fail(fmt::format("\"{}\" has no port after the colon", address));
    }
  } else if (const auto colon = address.find(':'); colon != std::string_view::npos) {
    host = address.substr(0, colon);
    port = address.substr(colon + 1);
    if (port.empty()) return base::fail(fmt::format("\"{}\" has no port after the colon", address));
  }
  unsigned number = 0;
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535) {
      return base::fail(fmt::format("\"{}\" is not a port", port));
    }
  }
  if (!is_host_name(host) && !base::IpAddress::parse(host)) {
    return base::fail(fmt::format("\"{}\" is not a host name or an IP address", host));
  }
  trunk.host = std::string(host);
  trunk.port = static_cast<std::uint16_t>(number);
  return {};
}

base::ErrorOr<Trunk> trunk_from_uri(std::string_view uri) {
  Trunk trunk;
  std::string_view rest = uri;
  if (lower(rest.substr(0, 5)) == "sips:") {
    return base::fail(
        "sips: (TLS) trunks are not supported by this version; use sip: with ;transport=tcp or udp");
  }
  if (lower(rest.substr(0, 4)) == "sip:") rest.remove_prefix(4);
  if (const auto question = rest.find('?'); question != std::string_view::npos)
    rest = rest.substr(0, question);
  std::string_view parameters;
  if (const auto semicolon = rest.find(';'); semicolon != std::string_view::npos) {
    parameters = rest.substr(semicolon + 1);
    rest = rest.substr(0, semicolon);
  }
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    // A password in the URI is not taken: it belongs in SIP_TRUNK_PASSWORD.
    trunk.from_user = std::string(rest.substr(0, std::min(at, rest.find(':'))));
    rest = rest.substr(at + 1);
  }
  if (auto address = set_trunk_address(trunk, rest); !address) return base::Failure{address.error()};
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto parameter = lower(parameters.substr(0, end));
    parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
    if (parameter == "transport=udp") {
      trunk.transport = TrunkTransport::kUdp;
    } else if (parameter == "transport=tcp") {
      trunk.transport = TrunkTransport::kTcp;
    } else if (parameter.starts_with("transport=")) {
      return base::fail(
          fmt::format("{} is not supported by this version; use transport=udp or transport=tcp", parameter));
    }
  }
  return trunk;
}

const Trunk* TrunkTable::find(std::string_view id) const {
  const auto found =
      std::find_if(trunks.begin(), trunks.end(), [id](const Trunk& trunk) { return trunk.id == id; });
  return found == trunks.end() ? nullptr : &*found;
}

const Trunk* TrunkTable::preferred() const {
  const auto best = std::min_element(trunks.begin(), trunks.end(),
                                     [](const Trunk& a, const Trunk& b) { return a.origin < b.origin; });
  return best == trunks.end() ? nullptr : &*best;
}

}  // namespace ringback::bridge
