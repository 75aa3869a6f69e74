#pragma once

#include <memory>
#include <string>

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
  /// One binary frame.
  virtual void send(std::string frame) = 0;
};

/// Opens signalling connections to the one room server that a call's settings name.
class SignalDialer {
 public:
  virtual ~SignalDialer() = default;
  /// `target`: path and query behind the server's URL; `token` goes into the Authorization header.
  [[nodiscard]] virtual std::unique_ptr<SignalLink> dial(const std::string& target, const std::string& token,
                                                         SignalLink::Listener& listener) = 0;
};

}  // namespace ringback::client
