#include "client/websocket_dialer.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "http/client.h"
#include "http/url.h"
#include "livekit/signal_request.h"
#include "net/front.h"

namespace ringback::client {
namespace {

/// How long a connection that its participant has left may take to send what is queued.
constexpr base::Duration kFarewell = std::chrono::seconds(1);
/// The same for one that is still being opened.
constexpr base::Duration kLateFarewell = std::chrono::seconds(5);
constexpr std::size_t kMaxReason = 200;
constexpr base::Duration kRegionPatience = std::chrono::seconds(3);

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

  void open(http::Client& client, RegionBook& regions, const SignalRoute& route) {
    regions.find(route, [weak = weak_from_this(), &client, target = route.target,
                         token = route.token](const std::string& url) {
      if (const auto self = weak.lock()) self->connect(client, http::join_url(url, target), token);
    });
  }

  void send(std::string frame) {
    if (socket_) {
      socket_->send(http::FrameKind::kBinary, std::move(frame));
    } else {
      early_.push_back(std::move(frame));
    }
  }

  /// The participant is gone: what is queued still leaves.
  void release() {
    released_ = true;
    if (!socket_ && early_.empty()) return exchange_.cancel();
    if (socket_) socket_->close();
    front_.schedule(front_.now() + (socket_ ? kFarewell : kLateFarewell), [self = shared_from_this()] {
      self->exchange_.cancel();
      self->socket_.reset();
    });
  }

 private:
  void connect(http::Client& client, std::string url, const std::string& token) {
    if (released_) return;
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
          for (auto& frame : std::exchange(self->early_, {})) self->send(std::move(frame));
          if (self->released_) self->socket_->close();
        });
  }

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
  std::vector<std::string> early_;  ///< sent when it is open
  bool released_ = false;
};

/// Asks LiveKit Cloud for its regions. One question at a time; front thread.
class RegionFetch {
 public:
  explicit RegionFetch(http::Client& client) : client_(client) {}

  void operator()(const std::string& url, const std::string& token, RegionBook::Answer answer) {
    http::ClientRequest request;
    request.url = url;
    request.headers.add("Authorization", "Bearer " + token);
    request.timeouts.answer = kRegionPatience;
    *exchange_ =
        client_.send(std::move(request),
                     [answer = std::move(answer)](base::Result<http::Response, http::ClientError> outcome) {
                       if (!outcome || outcome->status != 200) return answer(std::nullopt);
                       answer(std::move(outcome->body));
                     });
  }

 private:
  http::Client& client_;
  std::shared_ptr<http::ClientExchange> exchange_ = std::make_shared<http::ClientExchange>();
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

WebSocketDialer::WebSocketDialer(net::Front& front, http::Client& client, base::Executor& worker,
                                 const std::string& url)
    : front_(front),
      client_(client),
      worker_(worker),
      regions_(std::make_shared<RegionBook>(url, RegionFetch(client), [&front] { return front.now(); })) {}

std::unique_ptr<SignalLink> WebSocketDialer::dial(const SignalRoute& route, SignalLink::Listener& listener) {
  auto slot = std::make_shared<SignalLink::Listener*>(&listener);
  auto end = std::make_shared<FrontEnd>(front_, worker_, slot);
  // When the front refuses the work, the session hears nothing and tries again.
  static_cast<void>(front_.post(
      [end, &client = client_, regions = regions_, route] { end->open(client, *regions, route); }));
  return std::make_unique<WebSocketLink>(front_, std::move(end), std::move(slot));
}

}  // namespace ringback::client
