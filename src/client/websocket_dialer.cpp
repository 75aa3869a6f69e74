#include "client/websocket_dialer.h"

#include <fmt/format.h>

#include "http/client.h"
#include "http/url.h"
#include "livekit/signal_request.h"
#include "net/front.h"

namespace ringback::client {
namespace {

/// How long a connection that its participant has left may take to send what is queued.
constexpr base::Duration kFarewell = std::chrono::seconds(1);
constexpr std::size_t kMaxReason = 200;

/// The listener as posts from the front find it: null inside when the link is gone. Read on the worker only.
using Slot = std::shared_ptr<SignalLink::Listener*>;

/// The server's own words. LiveKit repeats the whole token before the reason, and tokens are secrets.
std::string words_of(std::string_view body) {
  if (body.starts_with("invalid token")) {
    const auto reason = body.find(", error:");
    body = reason == std::string_view::npos ? std::string_view("invalid token") : body.substr(reason + 2);
    return "the token is not accepted, " + std::string(body.substr(0, kMaxReason));
  }
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  return std::string(body.substr(0, kMaxReason));
}

SignalLoss loss_of(const http::ClientError& error) {
  if (!error.refusal) return {.http_status = 0, .reason = error.message};
  const std::string words = words_of(error.refusal->body);
  return {.http_status = error.refusal->status,
          .reason = words.empty() ? fmt::format("it answers with HTTP status {}", error.refusal->status)
                                  : fmt::format("\"{}\" ({})", words, error.refusal->status)};
}

/// The front's end of a connection. Front thread, except for its construction.
class FrontEnd : public std::enable_shared_from_this<FrontEnd> {
 public:
  FrontEnd(net::Front& front, base::Executor& worker, Slot slot)
      : front_(front), worker_(worker), slot_(std::move(slot)) {}

  void open(http::Client& client, std::string url, const std::string& token) {
    http::WebSocketRequest request;
    request.url = std::move(url);
    request.headers.add("Authorization", "Bearer " + token);
    request.limits.message_bytes = livekit::kMaxSignalFrame;
    request.handlers.on_message = [weak = weak_from_this()](http::FrameKind, std::string payload) {
      if (const auto self = weak.lock()) self->on_frame(std::move(payload));
    };
    request.handlers.on_close = [weak = weak_from_this()](std::uint16_t code) {
      if (const auto self = weak.lock()) self->on_close(code);
    };
    exchange_ = client.open_websocket(
        std::move(request),
        [weak = weak_from_this()](base::Result<std::unique_ptr<http::WebSocket>, http::ClientError> opened) {
          const auto self = weak.lock();
          if (!self) return;
          if (!opened) return self->lose(loss_of(opened.error()));
          self->socket_ = std::move(*opened);
        });
  }

  void send(std::string frame) {
    if (socket_) socket_->send(http::FrameKind::kBinary, std::move(frame));
  }

  /// The participant is gone: what is queued still leaves.
  void release() {
    if (!socket_) return exchange_.cancel();
    socket_->close();
    front_.schedule(front_.now() + kFarewell, [self = shared_from_this()] { self->socket_.reset(); });
  }

 private:
  void on_frame(std::string payload) {
    const bool posted = worker_.post([slot = slot_, payload = std::move(payload)]() mutable {
      if (*slot != nullptr) (*slot)->on_frame(std::move(payload));
    });
    // A frame must not be missing in the middle: the session resumes on another connection.
    if (!posted) socket_->close(http::close_code::kTryAgainLater);
  }

  void on_close(std::uint16_t code) {
    lose({.http_status = 0, .reason = fmt::format("the connection was closed (code {})", code)});
  }

  void lose(SignalLoss loss) {
    // An overloaded worker hears of it by the silence of the connection.
    static_cast<void>(worker_.post([slot = slot_, loss = std::move(loss)]() mutable {
      if (*slot != nullptr) (*slot)->on_lost(std::move(loss));
    }));
  }

  net::Front& front_;
  base::Executor& worker_;
  const Slot slot_;
  http::ClientExchange exchange_;
  std::unique_ptr<http::WebSocket> socket_;
};

/// The worker's end.
class WebSocketLink final : public SignalLink {
 public:
  WebSocketLink(net::Front& front, std::shared_ptr<FrontEnd> end, Slot slot)
      : front_(front), end_(std::move(end)), slot_(std::move(slot)) {}
  ~WebSocketLink() override {
    *slot_ = nullptr;
    static_cast<void>(front_.post([end = std::move(end_)] { end->release(); }));
  }

  void send(std::string frame) override {
    static_cast<void>(
        front_.post([end = end_, frame = std::move(frame)]() mutable { end->send(std::move(frame)); }));
  }

 private:
  net::Front& front_;
  std::shared_ptr<FrontEnd> end_;
  const Slot slot_;
};

}  // namespace

std::unique_ptr<SignalLink> WebSocketDialer::dial(const std::string& target, const std::string& token,
                                                  SignalLink::Listener& listener) {
  auto slot = std::make_shared<SignalLink::Listener*>(&listener);
  auto end = std::make_shared<FrontEnd>(front_, worker_, slot);
  // When the front refuses the work, the session hears nothing and tries again.
  static_cast<void>(front_.post([end, &client = client_, url = http::join_url(url_, target), token] {
    end->open(client, url, token);
  }));
  return std::make_unique<WebSocketLink>(front_, std::move(end), std::move(slot));
}

}  // namespace ringback::client
