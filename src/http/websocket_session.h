#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "http/asio_types.h"
#include "http/server_state.h"
#include "http/transport_stream.h"
#include "http/websocket.h"

namespace ringback::http {

/// One WebSocket from its handshake to its end. Shared by its pending operations and the owner's handle.
///
/// send() and close() are called from any thread and hop to the front; everything else runs there.
class WebSocketSession final : public Member, public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(Executor executor, const WebSocketLimits& limits, WebSocketHandlers handlers);
  ~WebSocketSession() override;

  /// Answers the opening handshake of `request` on `stream`.
  void accept(TransportStream stream, const beast::http::request_header<>& request, const Headers& headers,
              std::shared_ptr<ServerState> state);

  /// Outcome of a handshake that we began, with the server's answer where one came. When it failed no other
  /// handler is called.
  using Opened = std::function<void(beast::error_code, const beast::websocket::response_type& answer)>;
  /// Begins the opening handshake; no limit of time, the caller cuts it.
  void open(TransportStream stream, const std::string& host, const std::string& target,
            const Headers& headers, Opened opened);

  bool send(FrameKind kind, std::string payload);
  void close(std::uint16_t code);
  /// The owner's handle has gone: no handler runs any more, and the peer is told.
  void abandon();

  void end() override { close(close_code::kGoingAway); }
  void cut() override { finish(close_code::kAbnormal); }
  /// Ends it at once without telling anybody: not the owner, not the peer.
  void discard();
  /// The connection is over; tells the owner. Harmless when repeated.
  void finish(std::uint16_t code);

 private:
  struct Frame {
    FrameKind kind;
    std::string payload;
  };

  void prepare(TransportStream stream, const Headers& headers);
  void limit_handshakes(std::chrono::steady_clock::duration time);
  void begin();
  void read();
  void write();
  void enqueue(Frame frame);
  void begin_close(std::uint16_t code);
  void send_close();
  void keep_alive();
  [[nodiscard]] std::uint16_t code_of(beast::error_code error) const;

  // given
  const Executor executor_;
  const WebSocketLimits limits_;
  const WebSocketHandlers handlers_;
  std::shared_ptr<ServerState> state_;

  // shared with the threads that send
  std::atomic<std::size_t> queued_bytes_ = 0;
  std::atomic<bool> refusing_ = false;
  std::atomic<bool> abandoned_ = false;

  // front thread
  std::optional<beast::websocket::stream<TransportStream>> stream_;
  std::optional<beast::http::request<beast::http::empty_body>> handshake_;
  beast::websocket::response_type answer_;
  Opened opened_;
  beast::flat_buffer buffer_;
  std::deque<Frame> queue_;
  asio::steady_timer ping_timer_;
  std::chrono::steady_clock::time_point last_heard_;
  std::chrono::steady_clock::time_point write_started_;
  bool open_ = false;
  bool writing_ = false;
  bool pinging_ = false;
  bool closing_ = false;  // the close frame has been handed to the stream
  bool finished_ = false;
  std::optional<std::uint16_t> close_code_;  // ours, once somebody asked for it
};

/// What the owner of a WebSocket holds.
class WebSocketHandle final : public WebSocket {
 public:
  explicit WebSocketHandle(std::shared_ptr<WebSocketSession> session) : session_(std::move(session)) {}
  ~WebSocketHandle() override { session_->abandon(); }
  WebSocketHandle(const WebSocketHandle&) = delete;
  WebSocketHandle& operator=(const WebSocketHandle&) = delete;

  bool send(FrameKind kind, std::string payload) override { return session_->send(kind, std::move(payload)); }
  void close(std::uint16_t code) override { session_->close(code); }

 private:
  const std::shared_ptr<WebSocketSession> session_;
};

}  // namespace ringback::http
