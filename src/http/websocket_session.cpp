#include "http/websocket_session.h"

#include <exception>

#include <boost/asio/dispatch.hpp>
#include <boost/beast/core/buffers_to_string.hpp>

#include "base/log.h"

namespace ringback::http {
namespace {

namespace websocket = beast::websocket;

/// How long a peer may take to answer our close frame, and to let the handshake through.
constexpr auto kHandshakeTime = std::chrono::seconds(10);
/// What a queued frame costs besides its payload, so that empty frames count, too.
constexpr std::size_t kFrameOverhead = 64;

}  // namespace

WebSocketSession::WebSocketSession(Executor executor, const WebSocketLimits& limits,
                                   WebSocketHandlers handlers)
    : executor_(executor), limits_(limits), handlers_(std::move(handlers)), ping_timer_(executor) {}

WebSocketSession::~WebSocketSession() {
  if (state_) state_->leave(this);
}

void WebSocketSession::prepare(TransportStream stream, const Headers& headers) {
  stream_.emplace(std::move(stream));
  beast::get_lowest_layer(*stream_).tcp().expires_never();
  const auto decorate = [headers](auto& message) {
    for (const Headers::Field& field : headers.fields()) message.set(field.first, field.second);
  };
  stream_->set_option(websocket::stream_base::decorator(decorate));
  stream_->read_message_max(limits_.message_bytes);
  stream_->auto_fragment(false);
  stream_->control_callback(
      [this](websocket::frame_type, beast::string_view) { last_heard_ = std::chrono::steady_clock::now(); });
}

/// Of the opening and the closing handshake; idleness is our own timer's matter.
void WebSocketSession::limit_handshakes(std::chrono::steady_clock::duration time) {
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = time;
  timeout.idle_timeout = websocket::stream_base::none();
  timeout.keep_alive_pings = false;
  stream_->set_option(timeout);
}

void WebSocketSession::accept(TransportStream stream, const beast::http::request_header<>& request,
                              const Headers& headers, std::shared_ptr<ServerState> state) {
  state_ = std::move(state);
  prepare(std::move(stream), headers);
  limit_handshakes(kHandshakeTime);
  handshake_.emplace(request);
  stream_->async_accept(*handshake_, [self = shared_from_this()](beast::error_code error) {
    self->handshake_.reset();
    if (error || self->finished_) return self->finish(close_code::kAbnormal);
    self->begin();
  });
}

void WebSocketSession::open(TransportStream stream, const std::string& host, const std::string& target,
                            const Headers& headers, Opened opened) {
  opened_ = std::move(opened);
  prepare(std::move(stream), headers);
  limit_handshakes(websocket::stream_base::none());
  stream_->async_handshake(answer_, host, target, [self = shared_from_this()](beast::error_code error) {
    const Opened opened_now = std::exchange(self->opened_, nullptr);
    if (!error && self->finished_) error = asio::error::operation_aborted;
    if (error)
      self->discard();
    else
      self->begin();
    if (opened_now) opened_now(error, self->answer_);
  });
}

void WebSocketSession::begin() {
  open_ = true;
  limit_handshakes(kHandshakeTime);  // the closing one
  last_heard_ = std::chrono::steady_clock::now();
  read();
  write();
  keep_alive();
}

bool WebSocketSession::send(FrameKind kind, std::string payload) {
  if (refusing_) return false;
  const std::size_t cost = payload.size() + kFrameOverhead;
  if (queued_bytes_.fetch_add(cost) + cost > limits_.queue_bytes) {
    refusing_ = true;
    // The peer does not read: a close frame would only queue behind the rest.
    asio::dispatch(executor_, [self = shared_from_this()] { self->finish(close_code::kTryAgainLater); });
    return false;
  }
  asio::dispatch(executor_, [self = shared_from_this(), frame = Frame{kind, std::move(payload)}]() mutable {
    self->enqueue(std::move(frame));
  });
  return true;
}

void WebSocketSession::close(std::uint16_t code) {
  refusing_ = true;
  asio::dispatch(executor_, [self = shared_from_this(), code] { self->begin_close(code); });
}

void WebSocketSession::abandon() {
  abandoned_ = true;
  close(close_code::kGoingAway);
}

void WebSocketSession::enqueue(Frame frame) {
  if (finished_ || close_code_) return;
  queue_.push_back(std::move(frame));
  write();
}

void WebSocketSession::write() {
  if (!open_ || writing_ || closing_ || finished_) return;
  if (queue_.empty()) {
    if (close_code_) send_close();
    return;
  }
  writing_ = true;
  write_started_ = std::chrono::steady_clock::now();
  stream_->text(queue_.front().kind == FrameKind::kText);
  stream_->async_write(asio::buffer(queue_.front().payload),
                       [self = shared_from_this()](beast::error_code error, std::size_t) {
                         self->writing_ = false;
                         self->queued_bytes_ -= self->queue_.front().payload.size() + kFrameOverhead;
                         self->queue_.pop_front();
                         if (error) return self->finish(self->code_of(error));
                         self->write();
                       });
}

void WebSocketSession::read() {
  stream_->async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
    if (self->finished_) return;
    if (error) return self->finish(self->code_of(error));
    self->last_heard_ = std::chrono::steady_clock::now();
    const FrameKind kind = self->stream_->got_text() ? FrameKind::kText : FrameKind::kBinary;
    std::string payload = beast::buffers_to_string(self->buffer_.data());
    self->buffer_.consume(self->buffer_.size());
    // After close() the owner wants no more; reading goes on for the peer's close frame.
    if (!self->abandoned_ && !self->close_code_ && self->handlers_.on_message) {
      try {
        self->handlers_.on_message(kind, std::move(payload));
      } catch (const std::exception& failure) {
        base::log(base::LogLevel::kError, "http", "", "a WebSocket handler failed: {}", failure.what());
        return self->finish(close_code::kAbnormal);
      }
    }
    if (!self->finished_) self->read();
  });
}

void WebSocketSession::begin_close(std::uint16_t code) {
  if (finished_ || close_code_) return;
  close_code_ = code;
  write();
}

void WebSocketSession::send_close() {
  closing_ = true;
  stream_->async_close(websocket::close_reason(*close_code_),
                       [self = shared_from_this()](beast::error_code) { self->finish(*self->close_code_); });
}

void WebSocketSession::keep_alive() {
  ping_timer_.expires_after(limits_.ping);
  ping_timer_.async_wait([self = shared_from_this()](beast::error_code error) {
    if (error || self->finished_) return;
    const auto now = std::chrono::steady_clock::now();
    const bool silent = now - self->last_heard_ > self->limits_.silence;
    const bool stuck = self->writing_ && now - self->write_started_ > self->limits_.write_time;
    if (silent || stuck) return self->finish(close_code::kAbnormal);
    if (!self->pinging_ && !self->closing_) {
      self->pinging_ = true;
      self->stream_->async_ping({}, [self](beast::error_code) { self->pinging_ = false; });
    }
    self->keep_alive();
  });
}

std::uint16_t WebSocketSession::code_of(beast::error_code error) const {
  if (close_code_) return *close_code_;
  if (error == websocket::error::closed) {
    const std::uint16_t code = stream_->reason().code;
    return code == websocket::close_code::none ? close_code::kNoStatus : code;
  }
  if (error == websocket::error::message_too_big) return close_code::kTooBig;
  return close_code::kAbnormal;
}

void WebSocketSession::discard() {
  abandoned_ = true;
  finish(close_code::kAbnormal);
}

void WebSocketSession::finish(std::uint16_t code) {
  if (std::exchange(finished_, true)) return;
  refusing_ = true;
  const auto self = shared_from_this();
  ping_timer_.cancel();
  if (stream_) beast::get_lowest_layer(*stream_).close();
  if (state_) state_->leave(this);
  if (!abandoned_ && handlers_.on_close) handlers_.on_close(code);
}

}  // namespace ringback::http
