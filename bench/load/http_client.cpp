#include "load/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "net/file_descriptor.h"

namespace ringback::bench {
namespace {

base::ErrorOr<net::FileDescriptor> connect_to(const base::Endpoint& server) {
  net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return base::fail(std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  std::memcpy(&address.sin_addr, server.address.bytes().data(), sizeof address.sin_addr);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return base::fail(fmt::format("{}: {}", server.to_string(), std::strerror(errno)));
  }
  return socket;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

base::ErrorOr<HttpAnswer> http_request(const base::Endpoint& server, std::string_view method,
                                       std::string_view path, std::string_view json,
                                       std::string_view bearer) {
  const std::string authorization = bearer.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", bearer);
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      method, path, server.to_string(), authorization, json.size(), json);
  auto socket = connect_to(server);
  if (!socket) return base::Failure{socket.error()};
  if (!send_all(socket->get(), request)) return base::fail("the server took no request");

  std::string text;
  std::array<char, 16384> chunk;
  while (true) {
    const ssize_t got = recv(socket->get(), chunk.data(), chunk.size(), 0);
    if (got < 0) return base::fail(fmt::format("no answer to {} {}: {}", method, path, std::strerror(errno)));
    if (got == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  const auto body = text.find("\r\n\r\n");
  HttpAnswer answer;
  if (!text.starts_with("HTTP/1.1 ") || body == std::string::npos)
    return base::fail("the answer is not HTTP");
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  answer.body = text.substr(body + 4);
  return answer;
}

}  // namespace ringback::bench
