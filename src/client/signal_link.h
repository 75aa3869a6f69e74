#pragma once

#include <memory>
#include <string>
#include <vector>

namespace ringback::client {

/// Why a signalling connection did not open, or has ended.
struct SignalLoss {
  int http_status = 0;  ///< the server refused the WebSocket with it; 0: there was no such answer
  std::string reason;   ///< for people; the server's own words when it refused
};

/// One signalling connection to a room server, as its session sees it. Used on the worker; frames keep their
/// order. Destroying it ends the connection, after what is queued has been sent.
class SignalLink {
 public:
  /// Called from the worker's loop, never inside a call of the link or its dialer. No call follows on_lost(),
  /// nor the link's destruction.
  class Listener {
   public:
    virtual void on_frame(std::string frame) = 0;
    virtual void on_lost(SignalLoss loss) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~SignalLink() = default;
  /// One binary frame; before the connection is open it waits for it.
  virtual void send(std::string frame) = 0;
};

/// Where a connection is to go.
struct SignalRoute {
  std::string target;                ///< path and query behind the server's URL
  std::string token;                 ///< goes into the Authorization header
  unsigned failures = 0;             ///< connections that failed in a row before this one
  std::vector<std::string> regions;  ///< other addresses that the server has named, best first
};

/// Opens signalling connections to the one room server that a call's settings name.
class SignalDialer {
 public:
  virtual ~SignalDialer() = default;
  [[nodiscard]] virtual std::unique_ptr<SignalLink> dial(const SignalRoute& route,
                                                         SignalLink::Listener& listener) = 0;
};

}  // namespace ringback::client
