#include "http/responder.h"

#include <utility>

namespace ringback::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    abandon();
    exchange_ = std::move(other.exchange_);
    headers_ = std::move(other.headers_);
  }
  return *this;
}

void Responder::respond(Response response) {
  const auto exchange = std::exchange(exchange_, nullptr);
  if (exchange == nullptr) return;
  for (const Headers::Field& field : headers_.fields()) response.headers.add(field.first, field.second);
  exchange->respond(std::move(response));
}

std::unique_ptr<WebSocket> Responder::accept(WebSocketHandlers handlers) {
  const auto exchange = std::exchange(exchange_, nullptr);
  if (exchange == nullptr) return nullptr;
  return exchange->accept(std::move(handlers), std::move(headers_));
}

void Responder::abandon() noexcept {
  if (exchange_ != nullptr) respond(Response::text(500, "internal error\n"));
}

}  // namespace ringback::http
