#include "webrtc/relay_server.h"

#include <charconv>

namespace ringback::webrtc {
namespace {

constexpr std::size_t kMaxUri = 512;
constexpr std::uint16_t kTlsPort = 5349;

bool read_port(std::string_view text, std::uint16_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out != 0;
}

}  // namespace

std::optional<RelayServer> RelayServer::parse(std::string_view uri) {
  if (uri.size() > kMaxUri) return std::nullopt;
  RelayServer server;
  const bool secure = uri.starts_with("turns:");
  if (!secure && !uri.starts_with("turn:")) return std::nullopt;
  uri.remove_prefix(secure ? 6 : 5);

  const std::size_t question = uri.find('?');
  const std::string_view query = question == std::string_view::npos ? "" : uri.substr(question + 1);
  if (query == "transport=udp") {
    // DTLS to the relay is spoken by few servers and no room server.
    if (secure) return std::nullopt;
  } else if (!query.empty() && query != "transport=tcp") {
    return std::nullopt;
  }
  if (secure) {
    server.transport = Transport::kTls;
    server.port = kTlsPort;
  } else if (query == "transport=tcp") {
    server.transport = Transport::kTcp;
  }

  std::string_view host = uri.substr(0, question);
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    port = host.substr(close + 1);
    host = host.substr(1, close - 1);
  } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!port.empty() && (port[0] != ':' || !read_port(port.substr(1), server.port))) return std::nullopt;
  if (host.empty()) return std::nullopt;
  server.host = host;
  return server;
}

}  // namespace ringback::webrtc
