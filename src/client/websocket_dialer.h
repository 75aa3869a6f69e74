#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "client/region_book.h"
#include "client/signal_link.h"

namespace ringback::http {
class Client;
}
namespace ringback::net {
class Front;
}

namespace ringback::client {

/// Opens signalling connections for the participants of one worker. The WebSockets live on the front thread;
/// frames and news hop between the two.
///
/// Used on the worker. Front, client and worker must outlive it.
class WebSocketDialer final : public SignalDialer {
 public:
  /// `url`: of the room server, ws, wss, http or https.
  WebSocketDialer(net::Front& front, http::Client& client, base::Executor& worker, const std::string& url);

  [[nodiscard]] std::unique_ptr<SignalLink> dial(const SignalRoute& route,
                                                 SignalLink::Listener& listener) override;

 private:
  net::Front& front_;
  http::Client& client_;
  base::Executor& worker_;
  const std::shared_ptr<RegionBook> regions_;
};

}  // namespace ringback::client
