#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/task.h"
#include "base/time.h"
#include "http/message.h"
#include "http/responder.h"
#include "livekit/access_token.h"
#include "livekit/connect_request.h"
#include "livekit/room_api.h"
#include "livekit/twirp.h"
#include "room/room_host.h"
#include "room/room_settings.h"

namespace ringback::http {
class Server;
}
namespace ringback::net {
class Front;
}

namespace ringback::room {

/// One call of a Twirp service that another module mounts (livekit.SIP).
struct TwirpCall {
  livekit::TwirpRoute route;
  std::optional<livekit::Claims> claims;  ///< absent: the request carries no token
  std::string body;
  base::Duration deadline{};  ///< X-Twirp-Timeout-Ms; zero: none given
};

/// The right to answer one TwirpCall, once; from any thread, now or later.
class TwirpReply {
 public:
  TwirpReply(http::Responder responder, livekit::TwirpFormat format)
      : responder_(std::move(responder)), format_(format) {}

  [[nodiscard]] livekit::TwirpFormat format() const { return format_; }
  /// `encoded` is a message in format().
  void succeed(std::string encoded);
  void fail(const livekit::TwirpError& error);

  /// Answers with what a service returned.
  template <class T>
  void finish(const livekit::TwirpResult<T>& result) {
    if (result.ok()) {
      succeed(livekit::encode(result.value(), format_));
    } else {
      fail(result.error());
    }
  }

 private:
  http::Responder responder_;
  livekit::TwirpFormat format_;
};

/// Serves one mounted Twirp service on the front thread. Unknown methods: fail(livekit::no_such_method(...)).
using TwirpService = std::function<void(TwirpCall call, TwirpReply reply)>;

/// The room server's front: HTTP and WebSocket on port 7880, LiveKit's signalling endpoints and its server
/// API. Verifies tokens, reads frames, and posts to the worker that has the room; answers come back on their
/// own.
///
/// Lives on the front thread: created before it runs or on it. Build in this order: RoomServer, the
/// RoomHosts, add_host() for each, services, listen(). Tear down: stop(), the hosts on their workers,
/// RoomServer.
class RoomServer {
 public:
  RoomServer(net::Front& front, std::shared_ptr<const RoomSettings> settings);
  ~RoomServer();

  /// The host of the next worker, in the order of the workers' indices.
  void add_host(base::Executor& executor, RoomHost& host);
  /// Mounts POST /twirp/livekit.<name>/*.
  void add_twirp_service(std::string name, TwirpService service);

  [[nodiscard]] base::ErrorOr<> listen(const std::vector<base::Endpoint>& addresses);
  [[nodiscard]] std::vector<base::Endpoint> endpoints() const;
  /// No new connections; those that are left after `grace` are cut. `done` runs on the front.
  void stop(base::Duration grace, base::Task done);

  /// The host of the worker on which rooms of this name live.
  [[nodiscard]] HostAddress host_of(std::string_view room_name) const;

  /// Makes the room (or finds it) and calls back on the front. False: the worker is overloaded, no callback
  /// follows.
  [[nodiscard]] bool create_room(livekit::CreateRoomRequest request, std::function<void(livekit::Room)> done);
  /// Signs a token with our first API key; times that are 0 become now and now + kDefaultTokenLife.
  [[nodiscard]] std::string mint_token(livekit::Claims claims) const;

 private:
  /// Why a signalling request is turned away.
  struct Refusal {
    int status;
    std::string text;
  };

  void handle(http::Request request, http::Responder responder);
  void handle_signal(livekit::SignalPath path, bool validate, http::Request request,
                     http::Responder responder);
  void handle_twirp(http::Request request, http::Responder responder);
  [[nodiscard]] base::Result<std::optional<livekit::Claims>, livekit::TokenError> claims_of(
      const http::Request& request) const;
  [[nodiscard]] base::Result<JoinRequest, Refusal> admit(livekit::SignalPath path,
                                                         const http::Request& request) const;

  net::Front& front_;
  const std::shared_ptr<const RoomSettings> settings_;
  std::vector<HostAddress> hosts_;
  std::vector<std::pair<std::string, TwirpService>> services_;
  std::unique_ptr<http::Server> server_;
  std::uint64_t next_session_ = 0;
};

}  // namespace ringback::room
