#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/asio_types.h"
#include "http/server_state.h"
#include "http/websocket_session.h"

namespace ringback::http {

/// One accepted TCP connection that speaks HTTP/1.1, until it closes or becomes a WebSocket.
///
/// Requests are read and answered one at a time; pipelined ones wait in the buffer. Kept alive by its pending
/// operation, or, while a handler thinks, by the exchange that the server state waits for.
class Connection final : public Member, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerState> state, tcp::socket socket, base::Endpoint remote);
  ~Connection() override;

  void start();
  void end() override;
  void cut() override;

 private:
  class PendingExchange;
  using Parser = beast::http::request_parser<beast::http::string_body>;

  void await_request();
  void read_header();
  void read_body();
  void refuse(beast::error_code error);
  void hand_over();
  void answer(const PendingExchange* exchange, Response response);
  void upgrade(const PendingExchange* exchange, const std::shared_ptr<WebSocketSession>& session,
               Headers headers);
  void write(Response response, bool keep_alive, bool head);
  void after_write(beast::error_code error, bool keep_alive);
  void linger();
  void drain(std::size_t budget);

  const std::shared_ptr<ServerState> state_;
  const base::Endpoint remote_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::shared_ptr<PendingExchange> exchange_;     // while a handler owes an answer
  std::shared_ptr<Connection> kept_by_exchange_;  // nothing else holds the connection meanwhile
  std::string out_header_;
  Response out_;
  bool idle_ = true;     // no byte of a request has come
  bool served_ = false;  // at least one request has been answered
};

}  // namespace ringback::http
