#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "http/client.h"
#include "livekit/access_token.h"
#include "livekit/webhook.h"
#include "net/timer_queue.h"

namespace ringback::net {
class Front;
}

namespace ringback::room {

/// Sends the events of rooms to the operator's URLs, as LiveKit's server does: signed, in order for each room
/// and URL with one request under way, tried again while the receiver cannot be reached, answers 429 or 5xx.
///
/// Nothing waits for it: each queue is bounded in length and age, and what does not fit is dropped with a
/// line in the log. Owner: the program; front thread.
class WebhookSender {
 public:
  struct Options {
    std::vector<std::string> urls = {};
    livekit::ApiKey key = {};       ///< signs
    std::size_t queue_limit = 200;  ///< events of one room to one URL
    base::Duration first_pause =
        std::chrono::seconds(1);  ///< before the second try; doubled for each further one
    unsigned tries = 5;
    base::Duration oldest =
        std::chrono::seconds(30);  ///< an event that could not be sent for so long is dropped
  };

  WebhookSender(net::Front& front, http::Client& client, Options options);
  ~WebhookSender();

  void send(livekit::WebhookEvent event);

  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Item {
    livekit::WebhookEvent event;
    base::TimePoint queued_at;
  };
  struct Queue {
    std::deque<Item> items;  // the first one is under way
    unsigned tried = 0;
    http::ClientExchange exchange;
    net::TimerId retry{};
  };
  using Key = std::pair<std::string, std::string>;  // URL, room

  void deliver(const Key& key);
  void delivered(const Key& key, const base::Result<http::Response, http::ClientError>& outcome);
  void next(const Key& key);
  void drop(const Key& key, const livekit::WebhookEvent& event, const std::string& why);

  net::Front& front_;
  http::Client& client_;
  const Options options_;
  std::map<Key, Queue> queues_;
};

}  // namespace ringback::room
