#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "bus/redis_connection.h"
#include "bus/redis_settings.h"

namespace ringback::net {
class Resolver;
}

namespace ringback::bus {

/// What the connections of these settings share for TLS; null when they ask for none. The error names the
/// file that cannot be used.
[[nodiscard]] base::ErrorOr<std::shared_ptr<net::TlsClient>> make_tls_client(const RedisSettings& settings);

/// Our place on a Redis that may come and go: one connection listens, one publishes. Finds the master by
/// sentinels and the owner of a key in a cluster, reconnects for ever, subscribes again, and says once when
/// Redis is lost and once when it is back.
///
/// Front thread. Both connections live and die together: a client that publishes but does not hear is of no
/// use.
class RedisClient final : private RedisConnection::Owner {
 public:
  class Listener {
   public:
    virtual void on_message(std::string_view channel, std::string_view payload) = 0;

   protected:
    ~Listener() = default;
  };
  struct Health {
    bool up = false;
    std::string problem;  ///< why not; "" while the first attempt is under way
    std::uint64_t connected = 0;
    std::uint64_t received = 0;
    std::uint64_t published = 0;
    std::uint64_t lost = 0;  ///< messages that nobody could be told in time
  };

  /// `tls`: for settings that ask for it, else null.
  RedisClient(net::Front& front, net::Resolver& resolver, RedisSettings settings,
              std::shared_ptr<net::TlsClient> tls, Listener& listener);
  ~RedisClient();

  /// Begins to connect; on the front.
  void start();
  /// Ends all connections.
  void stop();

  void subscribe(const std::string& channel);
  void unsubscribe(const std::string& channel);
  /// While Redis is away the message waits, at most until `until`.
  void publish(std::string channel, std::string payload, base::TimePoint until);
  /// SET key NX with a life of `seconds`. The callback tells whether the key is ours; it does not come when
  /// Redis is lost before.
  void take_key(std::string key, unsigned seconds, std::function<void(bool)> decided);

  [[nodiscard]] const Health& health() const { return health_; }

 private:
  struct Message {
    std::string channel;
    std::string payload;
    base::TimePoint until;
  };

  void on_ready(RedisConnection& connection) override;
  void on_subscribed(std::string_view channel) override;
  void on_message(std::string_view channel, std::string_view payload) override;
  void on_lost(RedisConnection& connection, std::string why) override;

  void attempt();
  void connect(const RedisAddress& address, std::function<void(const base::Endpoint&)> found);
  void ask_sentinel();
  void open(const base::Endpoint& endpoint);
  void check_role();
  void listen();
  void came_up();
  void lose(std::string why);
  void drop_connections();
  void discard(std::unique_ptr<RedisConnection> connection);
  [[nodiscard]] std::unique_ptr<RedisConnection> make_connection(const base::Endpoint& to,
                                                                 const std::string& host,
                                                                 RedisConnection::Login login);
  void send_key(RedisConnection& on, const std::string& key, unsigned seconds,
                std::function<void(bool)> decided, unsigned redirects);
  void redirect(std::string_view where, const std::string& key, unsigned seconds,
                std::function<void(bool)> decided, unsigned redirects);
  [[nodiscard]] RedisConnection::Login login() const;

  net::Front& front_;
  net::Resolver& resolver_;
  const RedisSettings settings_;
  const std::shared_ptr<net::TlsClient> tls_;
  Listener& listener_;

  bool running_ = false;
  bool complained_ = false;    ///< of this outage
  std::uint64_t attempt_ = 0;  ///< callbacks of earlier attempts are recognised by it
  std::size_t next_address_ = 0;
  base::Duration backoff_{};
  RedisAddress trying_;
  net::TimerId timer_;

  std::unique_ptr<RedisConnection> sentinel_;
  std::unique_ptr<RedisConnection> commands_;
  std::unique_ptr<RedisConnection> messages_;
  std::map<RedisAddress, std::unique_ptr<RedisConnection>> nodes_;  ///< of a cluster, for keys
  std::vector<std::unique_ptr<RedisConnection>> gone_;  ///< to be destroyed outside their own calls

  std::set<std::string, std::less<>> channels_;
  std::set<std::string, std::less<>> unconfirmed_;  ///< asked for, not yet granted
  bool listening_ = false;                          ///< channels_ have been asked for on messages_
  std::deque<Message> outbox_;
  Health health_;
};

}  // namespace ringback::bus
