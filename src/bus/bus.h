#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bus/redis_client.h"
#include "bus/rpc_client.h"
#include "bus/rpc_server.h"

namespace ringback::bus {

/// LiveKit's message bus as a node of a cluster uses it: serves methods and calls others' methods, over
/// Redis.
///
/// Owner: the program; front thread. Front and resolver outlive it.
class Bus final : private BusPort, private RedisClient::Listener {
 public:
  using Handler = std::function<void(RpcRequest)>;
  using Done = std::function<void(RpcResult)>;

  /// `bidder` says how much this node wants a request; see RpcServer.
  Bus(net::Front& front, net::Resolver& resolver, RedisSettings settings, std::shared_ptr<net::TlsClient> tls,
      RpcServer::Bidder bidder);

  void start();
  void stop();

  /// Serves a method: `handler` gets each request that clients give to us and sees to it that respond() is
  /// called once.
  void serve(const Method& method, Handler handler);
  void stop_serving(const Method& method);
  void respond(const RpcRequest& request, RpcResult result);

  /// Listens for what the servers of a service answer; before call(), best before start().
  void open(const std::string& service) { client_.open(service); }
  /// Calls a method that others serve.
  void call(const Method& method, std::string body, Done done);

  [[nodiscard]] const RedisClient::Health& health() const { return redis_.health(); }
  [[nodiscard]] const RpcServer::Counters& counters() const { return server_.counters(); }
  /// Requests that may be given to us any moment.
  [[nodiscard]] std::size_t claims() const { return server_.claims(); }

 private:
  void subscribe(const std::string& channel) override { redis_.subscribe(channel); }
  void unsubscribe(const std::string& channel) override { redis_.unsubscribe(channel); }
  void publish(std::string channel, std::string payload, base::TimePoint until) override;
  void take_lock(std::uint64_t ticket, std::string key) override;
  void on_message(std::string_view channel, std::string_view payload) override;

  [[nodiscard]] BusTime time() const;
  /// Hands on what the cores have to tell, and sets the timer for what they wait for.
  void settle();

  net::Front& front_;
  RedisClient redis_;
  RpcServer server_;
  RpcClient client_;
  std::map<Method, Handler> handlers_;
  std::unordered_map<std::string, Done> calls_;  ///< by request id
  net::TimerId timer_;
  bool settling_ = false;
  base::TimePoint complained_{};  ///< of clocks that differ
  std::uint64_t expired_ = 0;
};

}  // namespace ringback::bus
