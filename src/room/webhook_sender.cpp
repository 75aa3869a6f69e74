#include "room/webhook_sender.h"

#include "base/log.h"
#include "http/url.h"
#include "net/clock.h"
#include "net/front.h"

namespace ringback::room {

WebhookSender::WebhookSender(net::Front& front, http::Client& client, Options options)
    : front_(front), client_(client), options_(std::move(options)) {}

WebhookSender::~WebhookSender() {
  for (auto& [key, queue] : queues_) front_.cancel(queue.retry);
}

std::size_t WebhookSender::waiting() const {
  std::size_t count = 0;
  for (const auto& [key, queue] : queues_) count += queue.items.size();
  return count;
}

void WebhookSender::send(livekit::WebhookEvent event) {
  const std::string room = event.room ? event.room->name : std::string();
  for (const std::string& url : options_.urls) {
    const Key key{url, room};
    Queue& queue = queues_[key];
    if (queue.items.size() >= options_.queue_limit) {
      drop(key, event, "too many events wait");
      continue;
    }
    queue.items.push_back({event, front_.now()});
    if (queue.items.size() == 1) deliver(key);
  }
}

void WebhookSender::deliver(const Key& key) {
  Queue& queue = queues_.at(key);
  ++queue.tried;
  auto signed_event =
      livekit::sign_webhook(queue.items.front().event, options_.key, net::wall_millis() / 1000);
  queue.exchange = client_.send({.method = "POST",
                                 .url = key.first,
                                 .headers = {{"Content-Type", std::string(livekit::kWebhookContentType)},
                                             {"Authorization", std::move(signed_event.authorization)}},
                                 .body = std::move(signed_event.body),
                                 .timeouts = {.answer = std::chrono::seconds(5)}},
                                [this, key](const base::Result<http::Response, http::ClientError>& outcome) {
                                  delivered(key, outcome);
                                });
}

void WebhookSender::delivered(const Key& key,
                              const base::Result<http::Response, http::ClientError>& outcome) {
  Queue& queue = queues_.at(key);
  const Item& item = queue.items.front();
  if (outcome && outcome->status / 100 == 2) return next(key);
  const std::string why = outcome ? "HTTP " + std::to_string(outcome->status) : outcome.error().message;
  const bool may_pass = !outcome || outcome->status == 429 || outcome->status / 100 == 5;
  const base::Duration pause = options_.first_pause * (1 << (queue.tried - 1));
  const bool too_old = front_.now() + pause - item.queued_at > options_.oldest;
  if (!may_pass || queue.tried >= options_.tries || too_old) {
    drop(key, item.event, why);
    return next(key);
  }
  queue.retry = front_.schedule(front_.now() + pause, [this, key] { deliver(key); });
}

void WebhookSender::next(const Key& key) {
  Queue& queue = queues_.at(key);
  queue.items.pop_front();
  queue.tried = 0;
  while (!queue.items.empty() && front_.now() - queue.items.front().queued_at > options_.oldest) {
    drop(key, queue.items.front().event, "it has waited too long");
    queue.items.pop_front();
  }
  if (queue.items.empty()) {
    queues_.erase(key);
  } else {
    deliver(key);
  }
}

void WebhookSender::drop(const Key& key, const livekit::WebhookEvent& event, const std::string& why) {
  // The URL's path and query may hold a secret.
  const auto url = http::parse_url(key.first);
  base::log(base::LogLevel::kWarn, "webhook", key.second, "{} did not reach {}: {}", event.event,
            url ? url->origin() : "the receiver", why);
}

}  // namespace ringback::room
