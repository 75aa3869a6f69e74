#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "bus/resp.h"
#include "net/stream.h"
#include "net/timer_queue.h"

namespace ringback::net {
class Front;
}

namespace ringback::bus {

/// One connection to one Redis (or sentinel): logs in, pipelines commands, hands on what is published, and
/// notices when the other side has gone silent. It never reconnects: its owner makes another one.
///
/// Front thread. The owner is called from the loop, never inside a call of this object, and must not destroy
/// the connection inside a call of its own.
class RedisConnection final : private net::StreamObserver {
 public:
  class Owner {
   public:
    /// Logged in; commands that waited have been sent.
    virtual void on_ready(RedisConnection& connection) = 0;
    virtual void on_subscribed(std::string_view channel) = 0;
    virtual void on_message(std::string_view channel, std::string_view payload) = 0;
    /// The last call. `why` is a phrase for people: "connection refused".
    virtual void on_lost(RedisConnection& connection, std::string why) = 0;

   protected:
    ~Owner() = default;
  };
  struct Login {
    std::string username;  ///< empty: the default user
    std::string password;  ///< empty: none is asked for
    unsigned database = 0;
  };
  /// The reply of a command, in the order of the commands. Not called when the connection is lost before.
  using Answer = std::function<void(const RespValue&)>;

  /// `tls`: null for a plain connection; `server_name` is then expected in the certificate.
  struct Security {
    std::shared_ptr<net::TlsClient> tls;
    std::string server_name;
  };
  RedisConnection(net::Front& front, const base::Endpoint& to, Security security, Login login, Owner& owner);
  ~RedisConnection();

  /// Commands wait until the login is done.
  void command(std::vector<std::string> words, Answer answer);
  /// Turns the connection into one that only listens; command() is of no use any more.
  void subscribe(const std::vector<std::string>& channels);
  void unsubscribe(const std::string& channel);

  /// The owner is called no more.
  void close();

  [[nodiscard]] bool ready() const { return ready_; }

 private:
  void on_connected() override;
  void on_data(std::span<const std::uint8_t> bytes) override;
  void on_closed(net::StreamError error) override;

  void send(const std::vector<std::string>& words, Answer answer);
  void log_in();
  void logged_in();
  void take(const RespValue& value);
  [[nodiscard]] bool take_push(const RespValue& value);
  void check_alive();
  void lose(std::string why);

  net::Front& front_;
  const Login login_;
  Owner& owner_;
  std::unique_ptr<net::Stream> stream_;
  RespReader reader_;
  std::deque<Answer> answers_;  ///< of the commands that are under way
  std::vector<std::pair<std::vector<std::string>, Answer>> waiting_;
  bool ready_ = false;
  bool listening_ = false;
  bool lost_ = false;
  bool heard_ = false;  ///< anything since the last check
  net::TimerId timer_;
};

}  // namespace ringback::bus
